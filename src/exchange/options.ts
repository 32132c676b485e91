import type { Failure } from '../errors.ts'
import type { Head, RawHeaders, Sweep } from '../http/index.ts'
import type { MapEvents, StreamEvent } from '../model/index.ts'
import type { PriceBook, StreamReport } from '../observe/index.ts'
import type { Adapter, Attempt } from './adapter.ts'
import type { Budgets, Limits } from './budgets.ts'
import type { ClientGone } from './client-gone.ts'
import type { TokenEstimator } from './estimate.ts'
import type { Redact } from './frame-edit.ts'
import type { Recorder, Subject } from './recorder.ts'
import type { AnswerTransformer } from './transform-stage.ts'

/** What may be changed by what the upstream answered. */
export interface OnHeaders {
  /** The client's headers in place of those that would cross. */
  readonly headers?: RawHeaders
  /** Another adapter for this answer. */
  readonly adapter?: Adapter
}

/** Told what happens, in this order; never asked. A slow observer slows the stream: queue the work. */
export interface ExchangeObserver {
  /** Before the first attempt is sent. */
  onStart?(attempt: Attempt | undefined): void
  /** The upstream's status and headers, of every attempt. */
  onHead?(head: Head): void
  /** The upstream's bytes, before the stage; valid only during the call. */
  onRawChunk?(chunk: Uint8Array): void
  /** The upstream's body has ended, or its connection has failed; never told where the exchange ended it. */
  onRawEnd?(failed: Failure | undefined): void
  /** The events of the answer as the upstream tells them, where they are decoded. */
  onEvent?(event: StreamEvent): void
  /** Has events decoded in every lane, beside the bytes where those pass as they are. Default false. */
  readonly wantsEvents?: boolean
  /** The client's status and headers, ours among them. */
  onSentHead?(head: Head): void
  /** What goes to the client; valid only during the call. */
  onSentChunk?(chunk: Uint8Array): void
  /** Once, after everything else. */
  onEnd?(report: StreamReport, failure: Failure | undefined): void
}

/** What an exchange may do, how long and on whose behalf. */
export interface ExchangeOptions {
  /**
   * What the client's head waits for. `frame`: the first whole frame, so that an error there becomes a
   * status. `content`: the first content, while another target is left to turn to.
   */
  readonly hold: 'frame' | 'content'
  /** What is known of the request, for the report. */
  readonly subject: Subject
  /** What the client asked for. */
  readonly wants: 'stream' | 'whole'
  /** Writes the errors of an exchange that found no attempt. */
  readonly fallback: Adapter
  /** How long it may take. Default `DEFAULT_BUDGETS`. */
  readonly budgets?: Budgets | undefined
  /** How much it may hold. Default `DEFAULT_LIMITS`. */
  readonly limits?: Limits | undefined
  /** Who is told what happens. Default: nobody. */
  readonly observer?: ExchangeObserver | undefined
  /** Default: `cancel`. */
  readonly onClientGone?: ClientGone | undefined
  /** Called once with the upstream's good status; the upstream is paused while it thinks. */
  readonly onHeaders?: ((head: Head) => OnHeaders | undefined | Promise<OnHeaders | undefined>) | undefined
  /** The content type of a stream whose upstream names none. Default `text/event-stream`. */
  readonly mediaType?: string | undefined
  /** The last word on the headers that cross to the client, ours not among them. */
  readonly mapHeaders?: ((headers: RawHeaders) => RawHeaders) | undefined
  /** Headers of ours for the client's head. */
  readonly ownHeaders?: ((record: Recorder) => RawHeaders) | undefined
  /** Makes what maps the events of one answer, for each attempt that answers. */
  readonly mapEvents?: (() => MapEvents) | undefined
  /** Changes whole answers of a good status, never a stream; up to 64 MiB. */
  readonly transform?: AnswerTransformer | undefined
  /** Takes secrets out of the words that end up in the report. */
  readonly redact?: Redact | undefined
  /** Both sides are done with; the report follows, which may wait for tokens to be counted. Must not throw. */
  readonly onOver?: (() => void) | undefined
  /** Counts tokens that the upstream did not tell. Default: those of the answer are judged by its length. */
  readonly estimator?: TokenEstimator | undefined
  /** Adds what the answer cost to its usage, for a client that asked for it. Default false. */
  readonly includesUsage?: boolean | undefined
  /** What models cost. Default: only what the upstream says itself is known. */
  readonly prices?: PriceBook | undefined
  /** Whose clock and timer keep the budgets. Default: those that all exchanges of a process share. */
  readonly sweep?: Sweep | undefined
}
