import { hash, timingSafeEqual } from 'node:crypto'
import { type Failure, failure } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'

/** Headers that carry a credential; the query parameter `key` is one more slot. */
const SLOTS: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'])

/** What a request proves, and what of it may go up. */
export interface Credentials {
  /** A name of the client key that came, 8 hex digits of its SHA-256; null when none did. */
  readonly key: string | null
  /** The request's headers and query (without `?`), free of every credential. */
  readonly headers: RawHeaders
  readonly query: string
  /** Credentials that are no key of ours, in the slots they came in: for upstreams with `passCredential`. */
  readonly rest: { readonly headers: RawHeaders; readonly query: string }
}

/**
 * The client keys of the configuration.
 *
 * Keys are compared by their digests and all of them each time, so that the time taken tells nothing
 * of a key. A credential is one word: anything else in a slot (Basic, lists) is dropped.
 */
export class KeyRing {
  readonly #keys: readonly { readonly digest: Uint8Array; readonly name: string }[]

  /** @param keys none: nobody has to prove anything */
  constructor(keys: readonly string[]) {
    this.#keys = keys.map(key => ({ digest: digestOf(key), name: hash('sha256', key).slice(0, 8) }))
  }

  /** @param query the query as it came, without `?` */
  read(headers: RawHeaders, query: string): Credentials {
    const fields = this.#sortFields(headers)
    const pairs = this.#sortPairs(query === '' ? [] : query.split('&'))
    return {
      key: fields.key ?? pairs.key ?? null,
      headers: fields.clean,
      query: pairs.clean.join('&'),
      rest: { headers: fields.rest, query: pairs.rest.join('&') },
    }
  }

  /** A 401 when keys are asked for and none came. */
  check({ key }: Credentials): Failure | undefined {
    if (key !== null || this.#keys.length === 0) return undefined
    return failure(
      'unauthorized',
      'Cannot serve the request: it holds no key of this gateway; send one of `server.keys` as `Authorization: Bearer`',
    )
  }

  #sortFields(headers: RawHeaders): Sorted {
    const sorted = emptySorted()
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] as string
      const value = headers[at + 1] as string
      if (!SLOTS.has(name.toLowerCase())) sorted.clean.push(name, value)
      else this.#sortCredential([name, value], wordIn(name, value), sorted)
    }
    return sorted
  }

  #sortPairs(pairs: readonly string[]): Sorted {
    const sorted = emptySorted()
    for (const pair of pairs) {
      const [name, value] = decodePair(pair)
      if (name !== 'key') sorted.clean.push(pair)
      else this.#sortCredential([pair], asWord(value), sorted)
    }
    return sorted
  }

  #sortCredential(parts: readonly string[], word: string | undefined, sorted: Sorted): void {
    if (word === undefined) return
    const name = this.#nameOf(word)
    sorted.key ??= name
    if (name === undefined) sorted.rest.push(...parts)
  }

  #nameOf(word: string): string | undefined {
    if (this.#keys.length === 0) return undefined
    const digest = digestOf(word)
    let found: string | undefined
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key.name
    return found
  }
}

interface Sorted {
  key: string | undefined
  readonly clean: string[]
  readonly rest: string[]
}

function emptySorted(): Sorted {
  return { key: undefined, clean: [], rest: [] }
}

/** The credential in a header. Only Bearer is a scheme that carries a key. */
function wordIn(name: string, value: string): string | undefined {
  return asWord(name.toLowerCase() === 'authorization' ? /^bearer +(.*)$/i.exec(value)?.[1] : value)
}

function asWord(value: string | undefined): string | undefined {
  const word = value?.trim()
  return word === undefined || !/^[^\s,]+$/.test(word) ? undefined : word
}

/** Name and value as the upstream would read them, but that `+` stays what it is: keys may hold one. */
function decodePair(pair: string): readonly [name: string, value: string] {
  const [decoded = ['', '']] = new URLSearchParams(pair.replaceAll('+', '%2B'))
  return decoded as [string, string]
}

function digestOf(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}
