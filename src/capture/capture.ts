import type { DialectName } from '../dialects/index.ts'
import type { FailureCode } from '../errors.ts'
import type { Head, RawHeaders } from '../http/index.ts'
import type { StreamReport } from '../observe/index.ts'

/** What a file must say to be read by this program; it grows when old programs could no longer read new files. */
export const CAPTURE_VERSION = 1

/** How the name of a captured exchange's file ends. */
export const CAPTURE_SUFFIX = '.mlr.jsonl'

/** The media type of such a file. */
export const CAPTURE_MEDIA_TYPE = 'application/jsonl'

/** Where something came from, or went to. */
export type Side = 'client' | 'upstream'

/** An exchange as it was kept: what `docs/capture.md` says of the file, read. */
export interface Capture extends CaptureSubject {
  /** What the client asked; undefined where the file is torn before it. */
  readonly client: CapturedRequest | undefined
  /** What the upstream was asked last; undefined where none was. */
  readonly upstream: CapturedRequest | undefined
  /** What followed, in its order. */
  readonly steps: readonly Step[]
  /** Bytes that came beyond what was kept, of each side's answer. */
  readonly leftOut: Readonly<Record<Side, number>>
  /** Undefined where the file is torn before it. */
  readonly report: StreamReport | undefined
}

/** What is known of an exchange before it starts. */
export interface CaptureSubject {
  readonly id: string
  /** When it began, ISO 8601. */
  readonly time: string
  /** A name of the client's key that gives nothing of it away; null without keys. */
  readonly key: string | null
  readonly dialects: Readonly<Record<Side, DialectName | null>>
  /** The name of the upstream that was asked; null where none was. */
  readonly upstreamName: string | null
}

/** A request, without its secrets. */
export interface CapturedRequest {
  readonly method: string
  /** A path with its query for what a client asked, a whole URL for what an upstream was asked. */
  readonly url: string
  /** Name, value, name, value. */
  readonly headers: RawHeaders
  readonly body: Uint8Array
  /** Bytes of the body that were not kept. */
  readonly leftOut: number
}

/** What happened; `at` is in milliseconds since the exchange began. */
export type Step =
  | { readonly type: 'head'; readonly at: number; readonly side: Side; readonly head: Head }
  /** One read of the upstream's body, or one write to the client. */
  | { readonly type: 'chunk'; readonly at: number; readonly side: Side; readonly bytes: Uint8Array }
  /** The upstream's body ended; with an error its connection failed. Without such a step it was left open. */
  | { readonly type: 'end'; readonly at: number; readonly error: TransportError | undefined }

/** How a connection failed. */
export interface TransportError {
  readonly code: FailureCode
  /** The system's or the HTTP client's own code, such as `ECONNRESET`. */
  readonly transport: string | undefined
  readonly message: string
}
