import { getHeader } from '../../http/index.ts'
import type { DialectHttp } from '../dialect.ts'
import { isInFamily } from '../path-family.ts'
import { editBody, peekBody } from '../request-body.ts'
import { DEFAULT_VERSION } from './tables.ts'

const MESSAGES = '/messages'
const COUNT = '/messages/count_tokens'

/** The other paths of Anthropic's API: first segments. */
const FAMILIES: ReadonlySet<string> = new Set(['complete', 'files', 'messages', 'models', 'skills'])

export const http: DialectHttp = {
  prefix: '/anthropic',
  match(method, path) {
    if (path === MESSAGES) return method === 'POST' ? { operation: 'generate', path } : undefined
    if (path === COUNT && method === 'POST') return { operation: 'count', path }
    if (path === '/models' && method === 'GET') return { operation: 'models', path }
    return isInFamily(path, FAMILIES) ? { operation: 'other', path } : undefined
  },
  peek: (_match, body) => peekBody(body),
  target: ({ path }, body, edits) => ({ path, ...editBody(body, edits) }),
  // As Anthropic's own clients do it: with the version the slot has changed.
  authorize(key, beside = []) {
    const version = getHeader(beside, 'anthropic-version') ?? DEFAULT_VERSION
    return version === DEFAULT_VERSION ? ['x-api-key', key] : ['authorization', `Bearer ${key}`]
  },
  // Claude Code adds its own to Anthropic's.
  ownHeaders: ['anthropic-', 'x-claude-code-', 'x-app'],
}
