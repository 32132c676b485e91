import type { Failure } from '../errors.ts'
import type { Head, HttpClient, RawHeaders, UpstreamRequest } from '../http/index.ts'
import type { Lane, Shape } from '../model/index.ts'
import type { Stage } from './stage.ts'

export interface AdapterContext {
  /** The model that the client named. */
  readonly clientModel: string | undefined
  readonly shape: Shape
  /** We asked for usage and the client did not: the frame that only we wanted is left out. */
  readonly dropUsageFrame: boolean
}

/** A way from a client's dialect to an upstream's and back: a lane for a pair of dialects. */
export interface Adapter {
  /** The client's dialect. */
  readonly from: string
  /** The upstream's dialect. */
  readonly to: string
  readonly lane: Lane
  stage(context: AdapterContext): Stage
  /** An upstream's error answer, in the client's form. */
  failure(status: number, headers: RawHeaders, body: Uint8Array): FailureAnswer
  /** An error of our own, in the client's form. */
  answer(failure: Failure, requestId: string): { readonly head: Head; readonly body: Uint8Array }
}

export interface FailureAnswer {
  readonly failure: Failure
  readonly head: Head
  readonly body: Uint8Array
  readonly isRedacted: boolean
}

/** One try at one upstream. */
export interface Attempt {
  /** The upstream's configured name. */
  readonly upstream: string
  readonly client: HttpClient
  readonly request: UpstreamRequest
  readonly adapter: Adapter
  /** The model that this attempt asks for. */
  readonly model?: string
}

/** Routing, retry and fallback as the engine sees them. Undefined: nothing left. */
export type NextAttempt = (failed: Failure | undefined) => Attempt | undefined
