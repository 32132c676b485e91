import type { Message, Request } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import type { TraceContext } from './trace-context.ts'

/** What kind of call an exchange was. */
export type CallKind = 'inference' | 'completion' | 'embeddings' | 'count' | 'other'

/** An exchange that has ended, as the thread is told of it: plain data. */
export interface ToldExchange {
  readonly report: StreamReport
  readonly kind: CallKind
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly trace: TraceContext
  /** Of the exchange's own span. */
  readonly spanId: string
  /** As many as the report has, or fewer. */
  readonly attempts: readonly ToldAttempt[]
  /** Prompt and answer, where they were asked for. */
  readonly content?: ToldContent | undefined
}

/** What the report does not tell of an attempt. */
export interface ToldAttempt {
  readonly spanId: string
  /** The upstream's host name and port. */
  readonly address: string
  readonly port: number
  /** Whether a stream was asked for. */
  readonly isStream: boolean
}

export interface ToldContent {
  /** Undefined where it could not be read. */
  readonly request?: Pick<Request, 'instructions' | 'turns'> | undefined
  /** Undefined where nothing came. */
  readonly answer?: Pick<Message, 'candidates'> | undefined
}
