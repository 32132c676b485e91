import type { RawHeaders } from './client.ts'
import { dropHeaders, getHeaders, withoutHeaders } from './headers.ts'

/** Headers that belong to one connection and never cross to another (RFC 9110, section 7.6.1). */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What whoever sends a request says itself: headers of the connection, the target and the framing. */
const SAID_BY_THE_SENDER: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'host', 'content-length', 'expect'])

/** What a client says to us and not to the upstream. Here and below, a name ending in `-` is a prefix. */
const STAYS_HERE: ReadonlySet<string> = new Set([
  // Asked for in our own words.
  'accept-encoding',
  // Credentials: configuration decides what goes up.
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'cookie',
  // About the client, its browser and the way here.
  'forwarded',
  'x-forwarded-',
  'x-millrace-',
  'sec-',
])

/** What an upstream says about its own origin, or in our name. */
const STAYS_UPSTREAM: ReadonlySet<string> = new Set(['alt-svc', 'x-millrace-'])

/** What is true of the upstream's very bytes only. */
const BODY_BOUND: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-digest',
  'content-md5',
  'digest',
  'repr-digest',
])

const NONE: ReadonlySet<string> = new Set()

/** The lower-case names that `Connection` declares hop-by-hop for this message. */
export function connectionNamed(headers: RawHeaders): ReadonlySet<string> {
  const values = getHeaders(headers, 'connection')
  if (values.length === 0) return NONE
  return new Set(values.flatMap(value => value.split(',')).map(name => name.trim().toLowerCase()))
}

/**
 * A client's headers as they go up: all but those of the connection, credentials, and what is for us
 * alone. The rest crosses byte for byte, repeats separate. The answer is asked for without content
 * coding.
 *
 * @param drop more lower-case names, or prefixes ending in `-`, that stay here
 */
export function requestHeaders(headers: RawHeaders, { drop = [] }: { drop?: readonly string[] } = {}): RawHeaders {
  const named = connectionNamed(headers)
  const dropped = drop.length === 0 ? NONE : new Set(drop)
  const kept = dropHeaders(
    headers,
    name => SAID_BY_THE_SENDER.has(name) || named.has(name) || isListed(name, STAYS_HERE) || isListed(name, dropped),
  )
  return [...kept, 'accept-encoding', 'identity']
}

/**
 * An upstream's headers as they go to the client: all but those of the connection, and those that are
 * not true any more. The upstream's request id, rate limits and `retry-after` keep their names.
 *
 * @param bodyChanges the client gets other bytes than the upstream sent
 */
export function responseHeaders(headers: RawHeaders, { bodyChanges }: { bodyChanges: boolean }): RawHeaders {
  const named = connectionNamed(headers)
  return dropHeaders(
    headers,
    name =>
      HOP_BY_HOP.has(name) ||
      named.has(name) ||
      isListed(name, STAYS_UPSTREAM) ||
      (bodyChanges && BODY_BOUND.has(name)),
  )
}

/** The headers that an `HttpClient` takes from its caller; it says the others itself. */
export function sendableHeaders(headers: RawHeaders): RawHeaders {
  return withoutHeaders(headers, SAID_BY_THE_SENDER)
}

function isListed(name: string, list: ReadonlySet<string>): boolean {
  if (list.size === 0) return false
  if (list.has(name)) return true
  for (let dash = name.indexOf('-'); dash !== -1; dash = name.indexOf('-', dash + 1))
    if (list.has(name.slice(0, dash + 1))) return true
  return false
}
