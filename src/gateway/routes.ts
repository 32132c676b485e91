import { DIALECTS, type Dialect, type DialectName, type Match } from '../dialects/index.ts'
import { getHeader, type RawHeaders } from '../http/index.ts'

/** Where a request is to go. */
export type Route =
  | { readonly kind: 'dialect'; readonly dialect: Dialect; readonly match: Match }
  | { readonly kind: 'health' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'streams' }
  | { readonly kind: 'stream'; readonly id: string }
  | { readonly kind: 'not-found' | 'wrong-method'; readonly dialect: Dialect }

/** A request target without its origin, which is never read from it. */
export interface Target {
  readonly path: string
  /** With its question mark; empty without one. */
  readonly query: string
}

const OWN_PATHS: Readonly<Record<string, 'health' | 'ready' | 'streams'>> = {
  '/health': 'health',
  '/ready': 'ready',
  '/api/streams': 'streams',
}

const STREAM_PATH = '/api/streams/'

const VERSIONS = ['/v1', '/v1beta', '/v1alpha'] as const

const ALL = Object.values(DIALECTS)

export function splitTarget(target: string): Target {
  const at = target.indexOf('?')
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at) }
}

/**
 * Routes on the method and the request target alone, and on headers only where two APIs share a path.
 *
 * A vendor prefix (`/openai`, `/anthropic`, `/gemini`) and a version segment may stand before the path
 * of a dialect: SDK base URLs differ.
 */
export function route(method: string, { path, query }: Target, headers: RawHeaders): Route {
  const own = OWN_PATHS[path]
  if (own !== undefined)
    return method === 'GET' || method === 'HEAD' ? { kind: own } : { kind: 'wrong-method', dialect: DIALECTS.chat }
  if (path.startsWith(STREAM_PATH)) return { kind: 'stream', id: path.slice(STREAM_PATH.length) }

  const prefix = ALL.map(dialect => dialect.http.prefix).find(prefix => path.startsWith(`${prefix}/`))
  const below = prefix === undefined ? path : path.slice(prefix.length)
  const version = VERSIONS.find(version => below.startsWith(`${version}/`))
  const rest = version === undefined ? below : below.slice(version.length)
  const spoken = prefix === undefined ? ALL : ALL.filter(dialect => dialect.http.prefix === prefix)

  const likely = likelyDialect(headers, query, version)
  const matches = (asked: string) =>
    spoken.flatMap(dialect => {
      const match = dialect.http.match(asked, rest, query)
      return match === undefined ? [] : [{ kind: 'dialect', dialect, match } as const]
    })
  const found = matches(method)
  const best = found.find(({ dialect }) => dialect.name === likely) ?? found[0]
  if (best !== undefined) return best
  const dialect = spoken.find(({ name }) => name === likely) ?? spoken[0] ?? DIALECTS.chat
  return { kind: matches('POST').length > 0 || matches('GET').length > 0 ? 'wrong-method' : 'not-found', dialect }
}

/** Whose client this is, told by what only that vendor's clients send. */
function likelyDialect(headers: RawHeaders, query: string, version: string | undefined): DialectName {
  const isGemini = getHeader(headers, 'x-goog-api-key') !== undefined || /[?&]key=/.test(query)
  if (isGemini || (version !== undefined && version !== '/v1')) return 'gemini'
  return getHeader(headers, 'anthropic-version') === undefined ? 'chat' : 'messages'
}
