import type { DialectHttp } from '../dialect.ts'
import { isInFamily } from '../path-family.ts'
import { editBody, peekBody } from '../request-body.ts'

const MESSAGES = '/messages'

/** The other paths of Anthropic's API: first segments. */
const FAMILIES: ReadonlySet<string> = new Set(['complete', 'files', 'messages', 'models', 'skills'])

export const http: DialectHttp = {
  prefix: '/anthropic',
  match(method, path) {
    if (path === MESSAGES) return method === 'POST' ? { operation: 'generate', path } : undefined
    if (path === '/models' && method === 'GET') return { operation: 'models', path }
    return isInFamily(path, FAMILIES) ? { operation: 'other', path } : undefined
  },
  peek: (_match, body) => peekBody(body),
  target: ({ path }, body, edits) => ({ path, ...editBody(body, edits) }),
  authorize: key => ['x-api-key', key],
  // Claude Code adds its own to Anthropic's.
  ownHeaders: ['anthropic-', 'x-claude-code-', 'x-app'],
}
