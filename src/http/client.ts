import type { Failure } from '../errors.ts'

/** name, value, name, value: repeats, order and case as on the wire. */
export type RawHeaders = readonly string[]

export interface Head {
  readonly status: number
  readonly headers: RawHeaders
  /** The content coding that the client took off, when the upstream compressed in spite of `identity`. */
  readonly decoded?: string
}

export interface UpstreamRequest {
  readonly method: string
  readonly url: URL
  readonly headers: RawHeaders
  readonly body: Uint8Array | undefined
}

/**
 * What an upstream answered, pushed as it arrives.
 *
 * In order: `onHead` once, `onData` any number of times, then `onEnd` or `onError`, once. Nothing
 * comes after `abort`. What one read of the socket brought comes in one `onData`, so work is done
 * per read and not per event. A chunk is valid only during the call: what is kept is copied.
 */
export interface UpstreamHandler {
  onHead(head: Head): void
  onData(chunk: Uint8Array): void
  onEnd(): void
  /** Transport failures only: an answer with an error status is an answer. */
  onError(failure: Failure): void
}

export interface UpstreamCall {
  /** Stops reading; a chunk already read may still come in the same turn. */
  pause(): void
  resume(): void
  /** Closes the upstream's side at once. Idempotent; harmless after the end. */
  abort(): void
}

/**
 * Sends requests upstream. Redirects are not followed, nothing is retried but a pooled socket that
 * turned out to be closed before any byte of an answer, bodies arrive without content coding.
 */
export interface HttpClient {
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall
  /** Lets running calls end, then closes the sockets. */
  close(): Promise<void>
}
