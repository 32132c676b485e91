import type { Head, RawHeaders } from '../http/index.ts'
import type { StreamReport } from '../observe/index.ts'
import type { CaptureSubject, Side, TransportError } from './capture.ts'

/** An exchange as it was recorded, secrets and all: in memory only. Plain data that another thread can be given. */
export interface Recorded extends CaptureSubject {
  readonly client: RecordedRequest
  readonly upstream: RecordedRequest | undefined
  /** What the two sides said, all of one side in one piece. */
  readonly bytes: Readonly<Record<Side, Uint8Array>>
  /**
   * Reads of the upstream and writes to the client in their order, three numbers each: when, whose (0: the
   * upstream's), and where it ends in the bytes of its side. Numbers, because there may be many thousands.
   */
  readonly chunks: readonly number[]
  /** What stands between them. */
  readonly marks: readonly Mark[]
  readonly leftOut: Readonly<Record<Side, number>>
  readonly report: StreamReport
}

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly headers: RawHeaders
  /** `as-client`: the bytes that the client sent. */
  readonly body: Uint8Array | 'as-client'
  readonly leftOut: number
}

/** A head or an end, and how many chunks came before it. */
export type Mark = { readonly at: number; readonly after: number } & (
  | { readonly type: 'head'; readonly side: Side; readonly head: Head }
  | { readonly type: 'end'; readonly error: TransportError | undefined }
)

/** The sides by their numbers in `chunks`. */
export const SIDES: readonly Side[] = ['upstream', 'client']
