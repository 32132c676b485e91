import { DIALECTS } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'
import { type Adapter, passAdapter, type Redact, relayAdapter } from '../exchange/index.ts'
import type { HandlerConfig } from './handler-config.ts'

/**
 * The adapter that a configuration means.
 * @throws {MillraceError} when its dialects differ and no adapter between them was given
 */
export function adapterFor({ responseAdapter, formatContext }: HandlerConfig, redact?: Redact): Adapter {
  if (responseAdapter) return responseAdapter
  if (formatContext === undefined) return passAdapter(redact)
  const { source, target } = formatContext
  if (source !== target && responseAdapter !== null)
    throw new MillraceError('bad-request', `Cannot convert ${target} to ${source}: give a \`responseAdapter\``)
  return relayAdapter(DIALECTS[target], redact === undefined ? {} : { redact })
}
