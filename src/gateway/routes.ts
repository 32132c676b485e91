import { DIALECTS, type Dialect, type DialectName, type Match } from '../dialects/index.ts'
import { getHeader, type RawHeaders } from '../http/index.ts'
import { type PageRoute, pageRoute } from './page/index.ts'

/** Where a request is to go. */
export type Route =
  | { readonly kind: 'dialect'; readonly dialect: Dialect; readonly match: Match }
  | { readonly kind: 'health' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'streams' }
  | { readonly kind: 'stream'; readonly id: string }
  | { readonly kind: 'capture'; readonly id: string }
  | { readonly kind: 'page'; readonly page: PageRoute }
  | { readonly kind: 'not-found'; readonly dialect: Dialect }
  /** `allow`: the methods that the path has; `ofPage`: if it has any depends on whether there is a page. */
  | { readonly kind: 'wrong-method'; readonly dialect: Dialect; readonly allow: string; readonly ofPage?: true }

/** A request target without its origin, which is never read from it. */
export interface Target {
  readonly path: string
  /** With its question mark; empty without one. */
  readonly query: string
}

const OWN_PATHS: Readonly<Record<string, 'health' | 'ready' | 'metrics' | 'streams'>> = {
  '/health': 'health',
  '/ready': 'ready',
  '/metrics': 'metrics',
  '/api/streams': 'streams',
}

const STREAM_PATH = '/api/streams/'
const CAPTURE_PATH = '/capture'

const VERSIONS = ['/v1', '/v1beta', '/v1alpha'] as const

const ALL = Object.values(DIALECTS)
const PREFIXES = [...new Set(ALL.map(({ http }) => http.prefix))]
const OWN_METHODS = ['GET', 'HEAD']
const CAPTURE_METHODS = [...OWN_METHODS, 'DELETE']
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
  const page = pageRoute(method, path)
  if (page !== undefined)
    return 'to' in page
      ? { kind: 'page', page }
      : { kind: 'wrong-method', dialect: DIALECTS.chat, allow: page.allow, ofPage: true }
  const own = ownRoute(path)
  if (own !== undefined) {
    const allowed = own.kind === 'capture' ? CAPTURE_METHODS : OWN_METHODS
    return allowed.includes(method) ? own : { kind: 'wrong-method', dialect: DIALECTS.chat, allow: allowed.join(', ') }
  }

  const prefix = PREFIXES.find(prefix => path.startsWith(`${prefix}/`))
  const below = prefix === undefined ? path : path.slice(prefix.length)
  const version = VERSIONS.find(version => below.startsWith(`${version}/`))
  const rest = version === undefined ? below : below.slice(version.length)
  const named = prefix === undefined ? ALL : ALL.filter(({ http }) => http.prefix === prefix)
  // Nobody else has versions beside `/v1`.
  const isGoogles = version !== undefined && version !== '/v1'
  const spoken = isGoogles ? named.filter(({ name }) => name === 'gemini') : named

  const likely = likelyDialect(headers, query)
  let best: (Route & { kind: 'dialect' }) | undefined
  for (const dialect of spoken) {
    const match = dialect.http.match(method, rest, query)
    if (match === undefined) continue
    // Calls of a model belong to one API alone: OpenAI's paths of models are not posted to.
    const isCall = match.operation === 'generate' || (match.model !== undefined && method === 'POST')
    if (best === undefined || isCall || dialect.name === likely) best = { kind: 'dialect', dialect, match }
    if (isCall) break
  }
  if (best !== undefined) return best
  for (const allow of OTHER_METHODS) {
    const known = spoken.filter(({ http }) => http.match(allow, rest, query) !== undefined)
    if (known.length > 0) return { kind: 'wrong-method', dialect: likeliest(known, likely), allow }
  }
  return { kind: 'not-found', dialect: likeliest(spoken.length > 0 ? spoken : named, likely) }
}

function likeliest(dialects: readonly Dialect[], likely: DialectName): Dialect {
  return dialects.find(({ name }) => name === likely) ?? (dialects[0] as Dialect)
}

function ownRoute(path: string): Route | undefined {
  if (path.startsWith(STREAM_PATH)) {
    const id = path.slice(STREAM_PATH.length)
    return id.endsWith(CAPTURE_PATH)
      ? { kind: 'capture', id: id.slice(0, -CAPTURE_PATH.length) }
      : { kind: 'stream', id }
  }
  const kind = OWN_PATHS[path]
  return kind && { kind }
}

/** Whose client this is, told by what only that vendor's clients send. */
function likelyDialect(headers: RawHeaders, query: string): DialectName {
  if (getHeader(headers, 'x-goog-api-key') !== undefined || /[?&]key=/.test(query)) return 'gemini'
  return getHeader(headers, 'anthropic-version') === undefined ? 'chat' : 'messages'
}
