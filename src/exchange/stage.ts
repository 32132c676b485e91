import type { Reading } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'

/** Takes what is emitted, during the call that emits it. */
export type Emit<T> = (value: T) => void

/** What a stage has seen: written by the stage, read by the exchange after each push. */
export interface Seen {
  /** What has been read of the answer so far. */
  readonly reading: Reading
  /** There is something to answer with: a whole frame, or a whole body. */
  isReady: boolean
  /** A frame too long to be held is passing in pieces: nothing may stand between them. */
  midFrame: boolean
}

/**
 * A planned lane, from one attempt's bytes to the client's. Synchronous, owns no I/O, never throws.
 *
 * What it emits is valid until the next call.
 */
export interface Stage {
  /** What it has seen so far. */
  readonly seen: Seen
  /** The bytes are not the upstream's, so neither is their length. Default false. */
  readonly changesBody?: boolean
  /** The content type of what it emits, where it is not the upstream's. */
  readonly mediaType?: string | undefined
  /** An error inside it is not seen by every client, so that the connection is cut after one. Default false. */
  readonly cutsFailures?: boolean
  /** How many bytes it emits in all, where the answer is not the upstream's and that is known. */
  readonly length?: number | undefined
  /** What goes to the client in place of the upstream's headers; known when the first byte is emitted. */
  readonly headers?: RawHeaders | undefined
  /** Takes what one read of the upstream has brought; the chunk is valid only during the call. */
  push(chunk: Uint8Array, out: Emit<Uint8Array>): void
  /** The upstream ended cleanly. What was held is emitted if it is whole; the reading tells whether the answer is. */
  end(out: Emit<Uint8Array>): void
  /** The answer failed in mid-stream: the client's in-stream error. Emits nothing while `midFrame`. */
  fail(failure: Failure, out: Emit<Uint8Array>): void
  /** Brings the reading up to date; called once, when the exchange is over. */
  catchUp?(): void
  /** The words of the answer, undefined where they are not held; asked at the end, before `release`. */
  keptText?(): string | undefined
  /** Nothing more is asked of it: what it holds is let go. */
  release?(): void
}
