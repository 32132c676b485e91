import type { RawHeaders } from './client.ts'
import { getHeader, getHeaders } from './headers.ts'

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

/** What is true of a header by its name alone, as bits. */
const OF_CONNECTION = 1
const SAID_ANEW = 2
const NOT_FOR_UPSTREAM = 4
const NOT_FOR_CLIENT = 8
const OF_BODY = 16

/** Verdicts by name as it is spelled: a header costs one look-up, where judging it costs several. */
const verdicts = new Map<string, number>()

/** Who sends ever new names must not fill the memory. */
const MAX_VERDICTS = 2048

const NONE: ReadonlySet<string> = new Set()

/** The lower-case names that `Connection` declares hop-by-hop for this message. */
export function connectionNamed(headers: RawHeaders): ReadonlySet<string> {
  const value = getHeader(headers, 'connection')
  if (value === undefined || value === 'keep-alive' || value === 'close') return NONE
  const values = getHeaders(headers, 'connection')
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
  const dropped = drop.length === 0 ? NONE : new Set(drop)
  const kept = crossing(headers, OF_CONNECTION | SAID_ANEW | NOT_FOR_UPSTREAM, dropped)
  return [...kept, 'accept-encoding', 'identity']
}

/**
 * An upstream's headers as they go to the client: all but those of the connection, and those that are
 * not true any more. The upstream's request id, rate limits and `retry-after` keep their names.
 *
 * @param bodyChanges the client gets other bytes than the upstream sent
 */
export function responseHeaders(headers: RawHeaders, { bodyChanges }: { bodyChanges: boolean }): RawHeaders {
  return crossing(headers, OF_CONNECTION | NOT_FOR_CLIENT | (bodyChanges ? OF_BODY : 0), NONE)
}

/** The headers that an `HttpClient` takes from its caller; it says the others itself. */
export function sendableHeaders(headers: RawHeaders): RawHeaders {
  return crossing(headers, SAID_ANEW, NONE)
}

function crossing(headers: RawHeaders, unwanted: number, dropped: ReadonlySet<string>): RawHeaders {
  const named = connectionNamed(headers)
  const isPlain = named.size === 0 && dropped.size === 0
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    if ((verdictOf(name) & unwanted) !== 0) continue
    if (!isPlain && isListed(name.toLowerCase(), named, dropped)) continue
    kept.push(name, headers[at + 1] as string)
  }
  return kept
}

function isListed(name: string, named: ReadonlySet<string>, dropped: ReadonlySet<string>): boolean {
  return named.has(name) || matches(name, dropped)
}

function verdictOf(name: string): number {
  const known = verdicts.get(name)
  if (known !== undefined) return known
  const verdict = judge(name.toLowerCase())
  if (verdicts.size < MAX_VERDICTS) verdicts.set(name, verdict)
  return verdict
}

function judge(name: string): number {
  return (
    (HOP_BY_HOP.has(name) ? OF_CONNECTION : 0) |
    (SAID_BY_THE_SENDER.has(name) ? SAID_ANEW : 0) |
    (matches(name, STAYS_HERE) ? NOT_FOR_UPSTREAM : 0) |
    (matches(name, STAYS_UPSTREAM) ? NOT_FOR_CLIENT : 0) |
    (BODY_BOUND.has(name) ? OF_BODY : 0)
  )
}

function matches(name: string, list: ReadonlySet<string>): boolean {
  if (list.has(name)) return true
  for (let dash = name.indexOf('-'); dash !== -1; dash = name.indexOf('-', dash + 1))
    if (list.has(name.slice(0, dash + 1))) return true
  return false
}
