import type { AdaptedRequest, Conversion } from '../convert/index.ts'
import type { Edit, Match } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import type { HttpClient, RawHeaders, UpstreamRequest } from '../http/index.ts'
import type { Lane, Losses, MapEvents, Shape, StreamEvent } from '../model/index.ts'
import type { Limits } from './budgets.ts'
import type { Stage } from './stage.ts'

/** What the stage of one answer needs to know. */
export interface AdapterContext {
  /** The model that the client named. */
  readonly clientModel: string | undefined
  /** What the client wants against what the upstream gives. */
  readonly shape: Shape
  /** How much the stage may hold. */
  readonly limits: Limits
  /** Where the stage notes what it changes. */
  readonly edits: Set<Edit>
  /** What the client's request was understood as, and where losses are noted; undefined where it passed as it is. */
  readonly conversion?: Conversion | undefined
  /** What becomes of the events of this answer; undefined: they go on as they come. */
  readonly mapEvents?: MapEvents | undefined
  /** Told the events as they come from the upstream, before they are mapped. */
  readonly observe?: ((event: StreamEvent) => void) | undefined
  /** Whether `observe` is told also where nothing else needs the events. Default false. */
  readonly wantsEvents?: boolean | undefined
  /** Where losses are noted of an answer whose request passed as it is. */
  readonly losses?: Losses | undefined
  /** Whole bodies are emitted in one piece, since they are to be changed. Default false. */
  readonly holdsBody?: boolean | undefined
  /** The request's body as it was sent. */
  readonly sent?: Uint8Array | undefined
}

/** A way from a client's dialect to an upstream's and back: a lane for a pair of dialects. */
export interface Adapter {
  /** The client's dialect. */
  readonly from: string
  /** The upstream's dialect. */
  readonly to: string
  /** How the bytes travel; `custom` for an adapter of one's own. */
  readonly lane: Lane
  /** What is changed and known before the upstream answers. */
  readonly edits: readonly Edit[]
  /**
   * The client's request as the upstream is to get it.
   * @param match what the client's path says. Default: a plain request to a model.
   * @returns a failure for the client when it cannot be read or cannot be honoured
   */
  request(body: Uint8Array, match?: Match): AdaptedRequest | Failure
  /** Whether it can make a whole answer of a stream. Default false: the stream passes as it is. */
  readonly folds?: boolean | undefined
  /** A frame that may stand between any two events; undefined where the client's dialect has none. */
  readonly keepAlive: Uint8Array | undefined
  /** Whether a status comes with an answer; all others go to `failure`, with their body. */
  isAnswer(status: number): boolean
  /** A new stage for one answer. */
  stage(context: AdapterContext): Stage
  /**
   * An upstream's error answer, in the client's form; `body` is the upstream's own where it fits.
   * @param requestId ours, for a body that is not the upstream's
   */
  failure(status: number, headers: RawHeaders, body: Uint8Array, requestId: string): FailureAnswer
  /** The body of an error of our own, in the client's form. */
  answer(failure: Failure, requestId: string): Uint8Array
}

/** An upstream's error answer as the client gets it. */
export interface FailureAnswer {
  /** What it means. */
  readonly failure: Failure
  /** The body for the client. */
  readonly body: Uint8Array
  /** The body's media type when it is not the upstream's own body. */
  readonly mediaType?: string
  /** What was changed of the upstream's body: `redacted`, or nothing. */
  readonly edits: readonly Edit[]
}

/** One try at one upstream. */
export interface Attempt {
  /** The upstream's configured name. */
  readonly upstream: string
  /** Sends it. */
  readonly client: HttpClient
  /** What is sent, credentials included. */
  readonly request: UpstreamRequest
  /** Turns the answer into the client's. */
  readonly adapter: Adapter
  /** The model that this attempt asks for. */
  readonly model?: string
  /** What the upstream is asked for. Default: what the client wants. */
  readonly asks?: 'stream' | 'whole'
  /** What became of the client's request on its way; undefined where it passed as it is. */
  readonly conversion?: Conversion | undefined
}

/** Routing, retry and fallback as the engine sees them. Undefined: nothing left. */
export type NextAttempt = (failed: Failure | undefined) => Attempt | undefined
