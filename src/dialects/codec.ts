import type { Failure } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'
import type { Losses, Message, Request, StreamEvent } from '../model/index.ts'
import type { SseEvent } from '../sse/index.ts'
import type { Match } from './dialect.ts'
import type { Sayings } from './sayings.ts'
import type { Wire } from './value.ts'

export type Emit<T> = (value: T) => void

/**
 * A dialect's ways into the neutral model and out of it: requests, whole answers and streams, both
 * directions. No codec knows another dialect.
 */
export interface Codec {
  /** How the dialect says everything that the model knows: `docs/dialects.md` is printed from it. */
  readonly sayings: Sayings
  /**
   * Reads a client's request. Members that this dialect does not know go into native pockets.
   * @throws {MillraceError} `bad-request` naming the member when the request cannot be understood
   */
  decodeRequest(body: Wire, match: Match): Request
  /**
   * Writes a request for an upstream. What the dialect cannot say is a loss, or refused, by its table.
   * @throws {MillraceError} `bad-request` naming the member that cannot be honoured
   */
  encodeRequest(request: Request, context: EncodeRequestContext): EncodedRequest
  /** Reads a whole answer, a failed one too. */
  decodeMessage(body: Wire, context: DecodeAnswerContext): Message
  /** Writes a whole answer that did not fail. */
  encodeMessage(message: Message, context: EncodeAnswerContext): Wire
  /** A decoder of one stream: `emit` is called with each event, while the decoder is being called. */
  createStreamDecoder(context: DecodeAnswerContext, emit: Emit<StreamEvent>): StreamDecoder
  /** An encoder of one stream: `write` is called with whole frames, while the encoder is being called. */
  createStreamEncoder(context: EncodeAnswerContext, write: Emit<string>): StreamEncoder
  /** For clients that want the chunks of a stream as the items of one JSON array (Gemini without `alt=sse`). */
  readonly array?: {
    isWanted(match: Match): boolean
    createEncoder(context: EncodeAnswerContext, write: Emit<string>): StreamEncoder
  }
}

/** What writing a request needs to know of the upstream it is for. */
export interface EncodeRequestContext {
  /** The model to ask for. */
  readonly model: string | undefined
  /** Whether to ask for a stream. */
  readonly stream: boolean
  /** Ask for the usage of a stream where the dialect needs asking. */
  readonly askUsage: boolean
  /** Who will read the seals: those of others are losses. */
  readonly issuer: string
  /** The version of the upstream's API; undefined: the dialect's default. */
  readonly apiVersion: string | undefined
  /** Where the encoder notes what the dialect cannot say. */
  readonly losses: Losses
}

/** A request as the API wants it. */
export interface EncodedRequest {
  /** Path below the base URL, with a leading slash, without query. */
  readonly path: string
  /** With its question mark; empty without one. */
  readonly query: string
  /** Headers that the dialect's API wants beside credential and content type. */
  readonly headers: RawHeaders
  /** The JSON of the body. */
  readonly body: Wire
}

/** What reading an answer needs to know of its upstream. */
export interface DecodeAnswerContext {
  /** Whose seals the answer holds. */
  readonly issuer: string
}

/** What writing an answer needs to know of its client. */
export interface EncodeAnswerContext {
  /** What the client asked for, understood; undefined where nobody knows. */
  readonly request: Request | undefined
  /** The model to name in the answer; undefined: the one that the upstream names. */
  readonly model: string | undefined
  /** Whether the upstream speaks this dialect too: what it has said stays as it was. Default false. */
  readonly isOwn?: boolean | undefined
  /** Where the encoder notes what the dialect cannot say. */
  readonly losses: Losses
  /** A new id for something that the upstream gave none: `prefix` and some 20 random letters and digits. */
  createId(prefix: string): string
  /** Seconds since 1970. */
  now(): number
  /**
   * The frames stand among those of an upstream of the same dialect: whoever takes them numbers them, and
   * blocks are written as they come, in whatever order. Default false.
   */
  readonly isAmongOthers?: boolean
  /** Takes the whole answer as the client has it, ids and all, where later requests may refer to it (responses). */
  readonly remember?: ((answer: Wire) => void) | undefined
}

/**
 * Reads one stream. Synchronous, never throws: whatever it is given, what it emits keeps the grammar.
 *
 * An error that the upstream tells once every candidate has its finish does not undo it: it ends the
 * answer as a terminal event would. One that comes with the last finish, in the same event, does.
 */
export interface StreamDecoder {
  /** Every candidate has its finish, though it may be held: what follows is trailer. */
  readonly isFinished: boolean
  /** The terminal event has come; nothing can follow. `message-end` or `error` has been emitted. */
  readonly isTerminal: boolean
  /** Reads one event of the stream. */
  push(event: SseEvent): void
  /**
   * Emits what waits only for the next event to tell whether something of ours follows it. For whoever
   * has to know which frames an event has come from.
   */
  settle?(): void
  /** Emits the counts that came last, where they are passed over for speed until somebody needs them. */
  catchUp?(): void
  /** The upstream's bytes have ended: complete when every candidate is finished, else `truncated`. */
  end(): void
  /** The exchange has failed: closes what is open and emits the error. Nothing after an end. */
  fail(failure: Failure): void
}

/** Writes one stream. Takes any legal sequence of events, and writes no illegal order of its dialect. */
export interface StreamEncoder {
  /** Writes one event; nothing after `message-end` or `error`. */
  push(event: StreamEvent): void
  /** Writes what waits only for the next event to tell whether it can be said in fewer frames. */
  settle?(): void
}
