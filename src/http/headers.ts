import { MillraceError } from '../errors.ts'
import type { RawHeaders } from './client.ts'

/** What callers may give as headers: a raw list, `Headers`, a `Map`, pairs, or a record. */
export type HeadersLike =
  | RawHeaders
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Headers as a raw list: order, case and repeats kept as far as the given form has them.
 *
 * `Headers` has joined its repeats with commas already, but for `set-cookie`, which stays separate.
 *
 * @throws {MillraceError} `bad-request` when a raw list ends in a name without a value
 */
export function toRawHeaders(headers: HeadersLike): RawHeaders {
  if (isRaw(headers)) {
    if (headers.length % 2 === 0) return headers
    throw new MillraceError('bad-request', `Cannot read headers: no value for "${headers.at(-1)}"`)
  }
  const raw: string[] = []
  if (isPairs(headers)) for (const [name, value] of headers) raw.push(name, value)
  else
    for (const [name, values = []] of Object.entries(headers))
      for (const value of typeof values === 'string' ? [values] : values) raw.push(name, value)
  return raw
}

/** The value of the first header of this name, whatever its case. */
export function getHeader(headers: RawHeaders, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (let at = 0; at < headers.length; at += 2) if (isNamed(headers[at], wanted)) return headers[at + 1]
  return undefined
}

/** The values of all headers of this name, whatever its case, in order. */
export function getHeaders(headers: RawHeaders, name: string): string[] {
  const wanted = name.toLowerCase()
  return headers.filter((_, at) => at % 2 === 1 && isNamed(headers[at - 1], wanted))
}

/**
 * The headers without those names, in order; the list itself when none of them is in it.
 *
 * @param names lower case
 */
export function withoutHeaders(headers: RawHeaders, names: ReadonlySet<string>): RawHeaders {
  return dropHeaders(headers, name => names.has(name))
}

/** The headers without those whose lower-case name is unwanted; the list itself when there is none. */
function dropHeaders(headers: RawHeaders, isUnwanted: (name: string) => boolean): RawHeaders {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    if (!isUnwanted(name.toLowerCase())) kept.push(name, headers[at + 1] as string)
  }
  return kept.length === headers.length ? headers : kept
}

function isNamed(name: string | undefined, wanted: string): boolean {
  return name?.length === wanted.length && name.toLowerCase() === wanted
}

function isRaw(headers: HeadersLike): headers is RawHeaders {
  return Array.isArray(headers) && (headers.length === 0 || typeof headers[0] === 'string')
}

function isPairs(headers: Exclude<HeadersLike, RawHeaders>): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers
}
