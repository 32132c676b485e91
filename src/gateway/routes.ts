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
/** Nobody else has versions beside `/v1`. */
const GOOGLES = [DIALECTS.gemini]
const PREFIXES = [...new Set(ALL.map(({ http }) => http.prefix))]
const OTHER_METHODS = ['POST', 'GET']

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

  const prefix = PREFIXES.find(prefix => path.startsWith(`${prefix}/`))
  const below = prefix === undefined ? path : path.slice(prefix.length)
  const version = VERSIONS.find(version => below.startsWith(`${version}/`))
  const rest = version === undefined ? below : below.slice(version.length)
  const versioned = version === undefined || version === '/v1' ? ALL : GOOGLES
  const spoken = prefix === undefined ? versioned : versioned.filter(({ http }) => http.prefix === prefix)

  const likely = likelyDialect(headers, query)
  let best: (Route & { kind: 'dialect' }) | undefined
  for (const dialect of spoken) {
    const match = dialect.http.match(method, rest, query)
    if (match !== undefined && (best === undefined || dialect.name === likely))
      best = { kind: 'dialect', dialect, match }
  }
  if (best !== undefined) return best
  const dialect = spoken.find(({ name }) => name === likely) ?? spoken[0] ?? DIALECTS.chat
  const isKnown = OTHER_METHODS.some(other => spoken.some(({ http }) => http.match(other, rest, query) !== undefined))
  return { kind: isKnown ? 'wrong-method' : 'not-found', dialect }
}

/** Whose client this is, told by what only that vendor's clients send. */
function likelyDialect(headers: RawHeaders, query: string): DialectName {
  if (getHeader(headers, 'x-goog-api-key') !== undefined || /[?&]key=/.test(query)) return 'gemini'
  return getHeader(headers, 'anthropic-version') === undefined ? 'chat' : 'messages'
}
