import { DIALECTS, type Match } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'
import type { HandlerConfig } from './handler-config.ts'

/**
 * What the path that the client asked says, as far as it is told.
 * @throws {MillraceError} `bad-request` when it is no path of a call in the client's dialect
 */
export function clientMatch({ formatContext }: HandlerConfig): Match {
  const { source, path } = formatContext ?? {}
  if (source === undefined || path === undefined) return { operation: 'generate', path: '' }
  const [name = '', query] = path.split('?', 2)
  const match = DIALECTS[source].http.match('POST', name, query === undefined ? '' : `?${query}`)
  if (match?.operation === 'generate') return match
  throw new MillraceError('bad-request', `Cannot read \`formatContext.path\`: no call of ${source}, got "${path}"`)
}
