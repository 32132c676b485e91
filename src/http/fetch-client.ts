import { type Failure, MillraceError } from '../errors.ts'
import type { Head, HttpClient, UpstreamCall, UpstreamHandler, UpstreamRequest } from './client.ts'
import { decodedHeaders, readContentCoding } from './content-coding.ts'
import { transportFailure } from './failures.ts'
import { sendableHeaders } from './head.ts'
import { toRawHeaders } from './headers.ts'

/** The one signature of `fetch` that is used. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>

/**
 * An `HttpClient` over `fetch`, for runtimes without anything better.
 *
 * What fetch takes away stays away: names come in lower case and sorted, repeats joined by commas both
 * ways (but `set-cookie`), the address that is dialled cannot be checked, a chunk may be less than a read.
 */
export class FetchClient implements HttpClient {
  readonly #fetch: Fetch
  readonly #running = new Set<Promise<void>>()
  #isClosed = false

  /** @param fetch Default: the global one, looked up at each call. */
  constructor(fetch: Fetch = (url, init) => globalThis.fetch(url, init)) {
    this.#fetch = fetch
  }

  /** Sends a request; what comes of it is pushed to the handler. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new FetchCall(request, handler)
    const running = call.run(this.#isClosed ? refuse : this.#fetch).finally(() => this.#running.delete(running))
    this.#running.add(running)
    return call
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#running)
  }
}

class FetchCall implements UpstreamCall {
  readonly #request: UpstreamRequest
  readonly #handler: UpstreamHandler
  readonly #abort = new AbortController()
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  /** Resolves when reading goes on; undefined while it does. */
  #pause: PromiseWithResolvers<void> | undefined

  constructor(request: UpstreamRequest, handler: UpstreamHandler) {
    this.#request = request
    this.#handler = handler
  }

  pause(): void {
    this.#pause ??= Promise.withResolvers()
  }

  resume(): void {
    this.#pause?.resolve()
    this.#pause = undefined
  }

  abort(): void {
    this.#abort.abort()
    this.#drop()
    this.resume()
  }

  /** Rejects only when a handler throws. */
  async run(fetch: Fetch): Promise<void> {
    const response = await this.#received(this.#ask(fetch))
    if (response === undefined) return
    const coding = readContentCoding(toRawHeaders(response.headers))
    if (typeof coding === 'object') return this.#fail(coding)
    this.#handler.onHead(toHead(response, coding))
    const reader = response.body?.getReader()
    this.#reader = reader
    for (;;) {
      const read = await this.#received(reader === undefined ? DONE : reader.read())
      if (read === undefined) return this.#drop()
      if (read.value === undefined) return this.#handler.onEnd()
      this.#handler.onData(read.value)
    }
  }

  /** Async, so that a header that cannot be sent is a rejection like others. */
  async #ask(fetch: Fetch): Promise<Response> {
    const response = await fetch(this.#request.url, this.#init())
    if (this.#abort.signal.aborted) await response.body?.cancel()
    return response
  }

  /** What the promise brings, once reading goes on; undefined when the call is over. */
  async #received<T>(promise: Promise<T>): Promise<T | undefined> {
    const settled = await promise.then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    )
    while (this.#pause !== undefined) await this.#pause.promise
    if (this.#abort.signal.aborted) return undefined
    if ('value' in settled) return settled.value
    this.#fail(transportFailure(settled.error, this.#request.url))
    return undefined
  }

  /** A fetch of somebody's own need not heed the signal once it has answered: its body is told too. */
  #drop(): void {
    // What this rejects with is what the signal, or the upstream, has done already.
    this.#reader?.cancel().catch(() => {})
  }

  #fail(failure: Failure): void {
    this.#abort.abort()
    this.#handler.onError(failure)
  }

  #init(): RequestInit {
    const { method, headers, body } = this.#request
    const sent = new Headers()
    const sendable = sendableHeaders(headers)
    for (let at = 0; at < sendable.length; at += 2) sent.append(sendable[at] as string, sendable[at + 1] as string)
    return { method, headers: sent, body: body ?? null, redirect: 'manual', signal: this.#abort.signal }
  }
}

/** What reading a body gives that is not there. */
const DONE = Promise.resolve({ value: undefined })

async function refuse(): Promise<never> {
  throw new MillraceError('cancelled', 'Cannot send request: the HTTP client has been closed')
}

/** Fetch has taken the coding off already, and left the headers. */
function toHead(response: Response, coding: string | undefined): Head {
  const headers = toRawHeaders(response.headers)
  if (coding === undefined) return { status: response.status, headers }
  return { status: response.status, headers: decodedHeaders(headers), decoded: coding }
}
