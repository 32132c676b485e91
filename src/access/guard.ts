import { type Failure, failure } from '../errors.ts'
import { getHeader, type RawHeaders } from '../http/index.ts'
import { isWildcard, toUrlHost } from './address.ts'

/** Header fields that a request may have; the server has to let one more through to tell. */
export const MAX_FIELDS = 100

/** Fields that decide who is asking or what is meant: said twice, one reader may take the other one. */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'origin',
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'content-type',
  'content-encoding',
  'content-length',
])

/** A request as far as the guard looks at it. */
export interface GuardedRequest {
  readonly method: string
  /** The request target as it came. */
  readonly target: string
  readonly headers: RawHeaders
}

/** Values that are allowed, in lower case. */
export interface Allowed {
  readonly hosts: ReadonlySet<string>
  readonly origins: ReadonlySet<string>
}

export interface AllowedOptions {
  /** The address that the server listens on. */
  readonly host: string
  /** The port that it listens on in fact. */
  readonly port: number
  /** More names: one without a port stands for itself and for itself with our port. */
  readonly hosts: readonly string[]
  /** More origins. */
  readonly origins: readonly string[]
}

/**
 * What Host and Origin may say: the loopback names and the address we listen on, with our port, and
 * what is configured. Our own pages, and configured names behind a TLS proxy, are origins too.
 */
export function allowedNames({ host, port, hosts, origins }: AllowedOptions): Allowed {
  const own = ['127.0.0.1', 'localhost', '[::1]', ...(isWildcard(host) ? [] : [toUrlHost(host)])]
  const withPort = (name: string) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])
  const named = hosts.flatMap(name => (/:\d+$/.test(name) ? [name] : [name, `${name}:${port}`]))
  const all = [...own.flatMap(withPort), ...named].map(name => name.toLowerCase())
  const pages = [...all.map(name => `http://${name}`), ...named.map(name => `https://${name}`), ...origins]
  return { hosts: new Set(all), origins: new Set(pages.map(page => page.toLowerCase())) }
}

/**
 * Refuses what no honest client sends, before anything else looks at the request. Every web page can
 * reach a local gateway: Host is compared first (a name that was pointed at us is not ours), then
 * Origin. No CORS header is ever answered, so a refused page learns nothing.
 *
 * @returns undefined when the request may go on
 */
export function checkTarget(request: GuardedRequest, allowed: Allowed): Failure | undefined {
  return checkLine(request) ?? checkFields(request.headers) ?? checkNames(request, allowed)
}

/** JSON routes take JSON only: the other types are what a web page can send without asking first. */
export function checkJson(contentType: string | undefined): Failure | undefined {
  if (/^application\/json\s*(?:;|$)/i.test(contentType ?? '')) return undefined
  return failure('bad-request', 'Cannot read the body: its content-type must be application/json', { status: 415 })
}

function checkLine({ method, target }: GuardedRequest): Failure | undefined {
  if (method === 'CONNECT' || method === 'TRACE')
    return failure('bad-request', `Cannot serve ${method}: the gateway is no proxy`, { status: 405 })
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(target) || /[#\\]/.test(target))
    return failure('bad-request', 'Cannot route the request: its target must be a path of printable ASCII characters')
  const [path = ''] = target.split('?', 1)
  // Whoever joins the path to a base URL would climb out of the base.
  if (/(?:\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|$)/i.test(path))
    return failure('bad-request', 'Cannot route the request: its path holds "." or ".." as a segment')
  return undefined
}

function checkFields(headers: RawHeaders): Failure | undefined {
  if (headers.length > 2 * MAX_FIELDS)
    return failure('bad-request', `Cannot read the request: it has more than ${MAX_FIELDS} header fields`, {
      status: 431,
    })
  const seen = new Set<string>()
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] as string).toLowerCase()
    if (!SINGLE.has(name)) continue
    if (seen.has(name)) return failure('bad-request', `Cannot read the request: it has two ${name} fields`)
    seen.add(name)
  }
  return undefined
}

function checkNames({ headers }: GuardedRequest, { hosts, origins }: Allowed): Failure | undefined {
  const host = getHeader(headers, 'host')
  if (host === undefined) return failure('bad-request', 'Cannot serve the request: it has no Host')
  if (!hosts.has(host.toLowerCase()))
    return failure('forbidden', 'Cannot serve the request: its Host is not allowed; `server.hosts` lists more names')
  const origin = getHeader(headers, 'origin')
  const isAllowed = origin === undefined ? !isOfForeignPage(headers) : origins.has(origin.toLowerCase())
  if (isAllowed) return undefined
  return failure('forbidden', 'Cannot serve the request: its Origin is not allowed; `server.origins` lists more')
}

/** Browsers leave Origin out of a page's plain GET, but say where it comes from. A followed link is harmless. */
function isOfForeignPage(headers: RawHeaders): boolean {
  const site = getHeader(headers, 'sec-fetch-site')
  return (site === 'cross-site' || site === 'same-site') && getHeader(headers, 'sec-fetch-mode') !== 'navigate'
}
