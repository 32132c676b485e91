import type { Failure } from '../errors.ts'

/** name, value, name, value: repeats, order and case as on the wire. */
export type RawHeaders = readonly string[]

/** A status line and the headers below it. */
export interface Head {
  /** The HTTP status. */
  readonly status: number
  /** As on the wire. */
  readonly headers: RawHeaders
  /** The content coding that the client took off, when the upstream compressed in spite of `identity`. */
  readonly decoded?: string
}

/** A request as it is sent. */
export interface UpstreamRequest {
  /** The HTTP method. */
  readonly method: string
  /** Scheme, host, path and query. */
  readonly url: URL
  /** All but those that the client says itself: of the connection, the host and the length. */
  readonly headers: RawHeaders
  /** The body; undefined: none. */
  readonly body: Uint8Array | undefined
}

/**
 * What an upstream answered, pushed as it arrives.
 *
 * In order: `onConnect`, again where a request is sent again; `onHead` once, `onData` any number of times, then `onEnd` or `onError`, once. Nothing
 * comes after `abort`. What one read of the socket brought comes in one `onData`, so work is done
 * per read and not per event. A chunk is valid only during the call: what is kept is copied.
 */
export interface UpstreamHandler {
  /** A connection has the request, one that was made for it or an old one; told where the client knows. */
  onConnect?(): void
  /** The status line and the headers, first. */
  onHead(head: Head): void
  /** What one read of the body has brought; valid only during the call. */
  onData(chunk: Uint8Array): void
  /** The body has ended as bodies do. Last. */
  onEnd(): void
  /** Transport failures only: an answer with an error status is an answer. */
  onError(failure: Failure): void
}

/** A request that has been sent. */
export interface UpstreamCall {
  /** Stops reading; a chunk already read may still come in the same turn. */
  pause(): void
  /** Reads on. */
  resume(): void
  /** Closes the upstream's side at once. Idempotent; harmless after the end. */
  abort(): void
}

/**
 * Sends requests upstream. Redirects are not followed, nothing is retried but a pooled socket that
 * turned out to be closed before any byte of an answer, bodies arrive without content coding.
 */
export interface HttpClient {
  /** Sends a request; what comes of it is pushed to the handler. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall
  /** Lets running calls end, then closes the sockets. */
  close(): Promise<void>
}
