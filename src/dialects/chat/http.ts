import { cutMember, insertMember, member, replaceSpan, scanObject } from '../../json/index.ts'
import type { DialectHttp } from '../dialect.ts'
import { authorizeOpenai, OPENAI_PREFIX } from '../openai-http.ts'
import { isInFamily } from '../path-family.ts'
import { editBody, membersOf, peekBody, valueAt } from '../request-body.ts'
import { objectOf } from '../value.ts'

const COMPLETIONS = '/chat/completions'

/** The other paths of OpenAI's API but those around Responses: first segments. */
const FAMILIES: ReadonlySet<string> = new Set([
  'assistants',
  'audio',
  'batches',
  'chat',
  'completions',
  'containers',
  'embeddings',
  'evals',
  'files',
  'fine_tuning',
  'images',
  'models',
  'moderations',
  'threads',
  'uploads',
  'vector_stores',
  'videos',
])

export const http: DialectHttp = {
  prefix: OPENAI_PREFIX,
  match(method, path) {
    if (path === COMPLETIONS && method === 'POST') return { operation: 'generate', path }
    if (path === '/models' && method === 'GET') return { operation: 'models', path }
    return isInFamily(path, FAMILIES) ? { operation: 'other', path } : undefined
  },
  peek: (_match, body) => peekBody(body),
  target({ path }, body, { model, stream, askUsage = false }) {
    const edited = editBody(body, { model, stream })
    const fitting = stream === false ? withoutStreamOptions(edited.body) : edited.body
    const asking = askUsage ? requestUsage(fitting) : fitting
    return { path, body: asking, edits: asking === fitting ? edited.edits : [...edited.edits, 'usage-frame'] }
  },
  authorize: authorizeOpenai,
  ownHeaders: ['openai-'],
}

/** The API refuses them where a whole answer is asked for. */
function withoutStreamOptions(body: Uint8Array): Uint8Array {
  const options = (membersOf(body) ?? []).filter(({ key }) => key === 'stream_options')
  return options.reduceRight(cutMember, body)
}

/**
 * Asks for the usage frame, unless the client has said whether it wants one. The body itself when there
 * is nothing to change.
 */
function requestUsage(body: Uint8Array): Uint8Array {
  const members = membersOf(body)
  if (members === undefined) return body
  const options = member(members, 'stream_options')
  if (options === undefined) return insertMember(body, 'stream_options', '{"include_usage":true}')
  const value = valueAt(body, options)
  if (value === null) return replaceSpan(body, options, '{"include_usage":true}')
  if (objectOf(value) === undefined) return body
  const included = member(scanObject(body, options), 'include_usage')
  if (included === undefined) return insertMember(body, 'include_usage', 'true', options)
  return valueAt(body, included) === null ? replaceSpan(body, included, 'true') : body
}
