import type { RawHeaders } from '../http/index.ts'
import type { Asked } from './asked.ts'
import type { Script } from './script.ts'
import type { JsonObject } from './wire-json.ts'

/** What a frame is to its answer, in the order in which they come. */
export type Stage = 'handshake' | 'content' | 'finish' | 'trailer'

/** One event of a stream. */
export interface Frame {
  readonly stage: Stage
  readonly event?: string
  readonly data: string
}

/** An answer that is a failure, in the words that all dialects share. */
export interface SimulatedFailure {
  readonly status: number
  readonly message: string
  readonly requestId: string
}

/** How one dialect's provider reads and speaks. */
export interface Voice {
  /** The line end of its event streams. */
  readonly eol: 'lf' | 'crlf'
  /** An event that stands between two others and means nothing; undefined: a comment does. */
  readonly ping?: Omit<Frame, 'stage'>
  read(body: JsonObject): Omit<Asked, 'dialect'>
  /** A stream, event by event. */
  frames(script: Script, asked: Asked): Iterable<Frame>
  /** The body of the same answer in one piece. */
  whole(script: Script): unknown
  /** What its answers carry besides content type and length. */
  headers(requestId: string): RawHeaders
  /** The body of an error answer. */
  failure(failure: SimulatedFailure): unknown
  /** An error inside a stream, after so many of its frames, and what may follow it; no script: a replay. */
  streamFailure(script: Script | undefined, sent: number): readonly Frame[]
  models(names: readonly string[]): unknown
}
