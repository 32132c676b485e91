import type { DialectHttp } from '../dialect.ts'
import { authorizeOpenai, OPENAI_PREFIX } from '../openai-http.ts'
import { isInFamily } from '../path-family.ts'
import { editBody, peekBody } from '../request-body.ts'

const RESPONSES = '/responses'

/** The other paths around Responses: first segments. */
const FAMILIES: ReadonlySet<string> = new Set(['conversations', 'responses'])

export const http: DialectHttp = {
  prefix: OPENAI_PREFIX,
  match(method, path) {
    if (path === RESPONSES) return method === 'POST' ? { operation: 'generate', path } : undefined
    if (path === '/models' && method === 'GET') return { operation: 'models', path }
    return isInFamily(path, FAMILIES) ? { operation: 'other', path } : undefined
  },
  peek: (_match, body) => peekBody(body),
  target: ({ path }, body, edits) => ({ path, ...editBody(body, edits) }),
  authorize: authorizeOpenai,
  // Codex adds its own to OpenAI's.
  ownHeaders: ['openai-', 'chatgpt-', 'x-codex-', 'x-responsesapi-', 'originator', 'session_id'],
}
