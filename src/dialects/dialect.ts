import type { Failure } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'
import type { Member } from '../json/index.ts'
import type { DialectName, Finish, Usage } from '../model/index.ts'
import type { Codec } from './codec.ts'
import type { Wire } from './value.ts'
import type { WrappedPlace } from './wrapped-seals.ts'

export type { DialectName } from '../model/index.ts'

/**
 * One provider API shape. Complete only with all of its duties: a missing one is a type error.
 * A dialect knows no other dialect.
 */
export interface Dialect {
  /** What it is called in configuration and reports. */
  readonly name: DialectName
  /** Its paths, headers and flags. */
  readonly http: DialectHttp
  /** How it tells errors. */
  readonly failure: DialectFailure
  /** A frame that may stand between any two events and that this dialect's clients skip. */
  readonly keepAlive: Uint8Array
  /** Reads the frames of one stream. One for each stream. */
  createMeter(): Meter
  /** Reads whole bodies. */
  readonly whole: WholeMeter
  /** Undefined: it cannot be asked for the tokens of a request. */
  readonly counting?: DialectCounting
  /** Its list of models. */
  readonly models: DialectModels
  /** Where a frame or a whole body names the model that answered: members, from the outside in. */
  readonly modelAt: readonly (readonly string[])[]
  /** Where the frame that ends a stream, or a whole body, says the usage: members, from the outside in. */
  readonly usageAt: readonly (readonly string[])[]
  /** How its frames are built, for changing some and leaving the others as they are. */
  readonly frames: FrameTraits
  /** How it tells which tools the provider ran. Undefined: its usage counts them, or there are none. */
  readonly toolRuns?: DialectToolRuns
  /** Where its clients send back what we wrapped for them. */
  readonly wrappedAt: readonly WrappedPlace[]
  /** The ways into the hub and out of it. */
  readonly codec: Codec
}

/** What has to be known of the frames of a stream to change some and leave the others as they are. */
export interface FrameTraits {
  /**
   * Where a frame brings more of a text, or of the payload of a call: members, from the outside in, `*` for
   * every item of an array.
   */
  readonly deltaAt: readonly (readonly string[])[]
  /** The member in which every event has its number, rising by one; undefined where events have none. */
  readonly numberAt?: string
  /** The member that names a frame's block by its place among all blocks; undefined where places do not count. */
  readonly placeAt?: string
  /** What deltas have brought that is said again by later frames, and what such frames hold. */
  readonly repeats?: { readonly texts: 'all' | 'reasoning'; readonly in: string }
  /** A call is said in one piece: frames that bring it in several belong together. Default false. */
  readonly sayCallsWhole?: boolean
}

/** How neutral events of a dialect's answers tell what the provider ran and bills, and no usage counts. */
export interface DialectToolRuns {
  /**
   * The tool that a call counts for which the provider ran; undefined for one that costs nothing of its own.
   * @param members of the call's pocket
   * @param input what it was called with
   */
  ofCall?(members: Wire, input: string): string | undefined
  /** The counts in the pocket of a finish, or of the end: they stand in place of counted calls. */
  inNative(members: Wire): Readonly<Record<string, number>> | undefined
}

/** What a request asks of a dialect's API. */
export interface Match {
  /**
   * `generate`: an answer of a model. `count`: the tokens of a request. `models`: the list of models.
   * `other`: relayed as it is.
   */
  readonly operation: 'generate' | 'count' | 'models' | 'other'
  /** Path below the version segment, with a leading slash, as the client sent it: `/messages/count_tokens`. */
  readonly path: string
  /** The model named in the path (gemini), decoded. */
  readonly model?: string
  /** Whether the path asks for a stream (gemini); undefined where the body says it. */
  readonly stream?: boolean
}

/** What routing needs to know of a request. */
export interface Peeked {
  /** The model that is asked for; undefined where none is named. */
  readonly model: string | undefined
  /** Whether a stream is asked for. */
  readonly stream: boolean
  /** Why a request to a model cannot go up as it is: not JSON, not an object, an unclear wish. */
  readonly refusal?: Failure
  /** What stands in the body, for `target`; absent when it is no JSON object. */
  readonly members?: readonly Member[]
}

/** What a request needs on its way up: span edits only, never a re-serialisation. */
export interface RequestEdits {
  /** The model to ask the upstream for; undefined leaves the client's. */
  readonly model?: string | undefined
  /** Ask for usage where the dialect needs asking and the client did not say. */
  readonly askUsage?: boolean
  /** Ask for a stream, or for a whole answer, whatever the client wants; undefined leaves its wish. */
  readonly stream?: boolean | undefined
  /** What `peek` found in this very body: it need not be scanned again. */
  readonly members?: readonly Member[] | undefined
}

/** A request of the client's dialect as it goes up. */
export interface UpstreamTarget {
  /** Path below the base URL, with a leading slash, without query. */
  readonly path: string
  /** The client's bytes, but for the edits. */
  readonly body: Uint8Array
  /** Parameters that stand in place of the client's of the same names; absent: the client's are right. */
  readonly query?: string
  /** What was changed: `model`, `stream`, `usage-frame`. */
  readonly edits: readonly Edit[]
}

/** What a dialect says outside of its bodies, and the little of them that routing needs. */
export interface DialectHttp {
  /** The path prefix that names this API's vendor on the gateway: `/anthropic`. */
  readonly prefix: string
  /**
   * Reads a path that has lost the vendor prefix and the version: `/messages`.
   * @param query with its question mark, for what a dialect says there (gemini streams events only with `alt=sse`)
   */
  match(method: string, path: string, query?: string): Match | undefined
  /** What a request asks for. Throws nothing: what cannot be read is undefined or false. */
  peek(match: Match, body: Uint8Array): Peeked
  /** Path and body for the upstream. */
  target(match: Match, body: Uint8Array, edits: RequestEdits): UpstreamTarget
  /**
   * The headers that carry a key of ours.
   * @param beside what else goes up, for what a dialect says there (messages has its version in a header)
   */
  authorize(key: string, beside?: RawHeaders): RawHeaders
  /** Lower-case names, or prefixes ending in `-`, of headers that mean something to this dialect only. */
  readonly ownHeaders: readonly string[]
}

/** Declared changes of bytes that are otherwise relayed as they come; a closed list. */
export type Edit =
  | 'model'
  | 'answer-model'
  | 'seals'
  | 'stream'
  | 'usage-frame'
  | 'usage-added'
  | 'ping'
  | 'id-lines'
  | 'decoded'
  | 'redacted'
  | 'ended'
  | 'early-head'
  | 'estimated'
  | 'mapped'

/** How a dialect tells that something went wrong: as an answer, and in mid-stream. */
export interface DialectFailure {
  /**
   * Reads an upstream's error answer, whatever its body is: JSON of this dialect or of another, HTML,
   * empty, `null`, not UTF-8.
   */
  decode(status: number, headers: RawHeaders, body: Uint8Array): Failure
  /** True when the body is an error in this dialect's own form, fit to be relayed as it is. */
  isOwn(body: Uint8Array): boolean
  /** The JSON body of an error answer. */
  encode(failure: Failure, requestId?: string): Uint8Array
  /**
   * The frames that tell a client in mid-stream that the answer failed.
   * @param last the last whole frame with data that went out, one character a byte, where numbering goes on from
   * @param answerId the id of the answer that failed, for dialects that repeat it
   */
  encodeInStream(failure: Failure, last: string | undefined, answerId?: string): string
}

/** What a frame is to the exchange. */
export type FrameKind =
  /** Part of the answer: proof that the upstream is at work. */
  | 'content'
  /** Handshake, ping, comment, unknown. */
  | 'quiet'
  /** Holds nothing but usage, so that it can be left out for a client that did not ask. */
  | 'usage'
  | 'failure'
  /** A failure in words that clients of this dialect do not take for one. */
  | 'foreign-failure'
  | 'terminal'

/** What has been read of an answer so far. */
export interface Reading {
  /** Events read; comments and blank lines are not events. */
  events: number
  /** Events that carried a part of the answer. */
  progress: number
  /** Reasoning has come, or a seal of it. */
  hasReasoning: boolean
  /** Visible text, a refusal or a tool call has come. */
  hasToken: boolean
  /** What the content was that came last, as far as it was looked at; undefined before any. */
  latest: 'reasoning' | 'text' | 'tool-call' | undefined
  /** Every candidate that was opened has its finish. Stays false after a failure. */
  isFinished: boolean
  /** The terminal event itself has come; nothing of the answer can follow. Stays false after a failure. */
  isTerminal: boolean
  /** Of several candidates, the first one's. */
  finish: Finish | undefined
  /** The first that was told. Beside `isFinished` it came after the finish, and does not undo it. */
  failure: Failure | undefined
  /** The usage as far as it is known: the last explicit value of each member. */
  usage: Usage
  /** Whether the usage is the upstream's final word. */
  isUsageFinal: boolean
  /** Bytes of text, reasoning and calls that have come in a stream, about: escapes count as they stand. */
  textBytes: number
  /** What `textBytes` was when the usage was told last: what came after it is in no count. */
  uncountedFrom: number
  /** The model that the upstream names. */
  model: string | undefined
  /** Tools that the provider ran, by name, where its usage does not count them; undefined: it says none. */
  toolRuns: Readonly<Record<string, number>> | undefined
  /** The usage's output is without its reasoning, against the rule, so that both are billed. */
  isReasoningBeside: boolean
  /** The answer's id, as the upstream names it. */
  answerId: string | undefined
  /** The tier that the upstream says it serves in, in its own word; prices depend on it. */
  serviceTier: string | undefined
  /** Events whose data was not a JSON object; relayed, counted, not fatal. */
  malformed: number
}

/** Reads the frames of one stream while they pass. */
export interface Meter {
  /** What has been read so far; written by `frame`. */
  readonly reading: Reading
  /**
   * Reads one whole frame: `text[start, end)`, with its blank line, one character a byte.
   *
   * Plain deltas after the first token are told by bytes at fixed places and not parsed; everything
   * else is. Never throws.
   */
  frame(text: string, start: number, end: number): FrameKind
}

/** Metering of whole bodies: only these top-level members are kept while the bytes pass. */
export interface WholeMeter {
  /** Names of the top-level members that `read` looks at. */
  readonly members: readonly string[]
  /**
   * Reads a whole answer by these members.
   * @param values the members that were found and small enough, parsed; others may stand beside them
   */
  read(values: Readonly<Record<string, unknown>>): Reading
}

/** A page of a list of models. */
export interface ModelPage {
  readonly names: readonly string[]
  /** The query that asks for the page behind it, with its question mark; undefined: there is none. */
  readonly next?: string | undefined
}

/** How an API is asked for the tokens of a request. */
export interface DialectCounting {
  /** The request to be counted, in the body that asks. */
  requestIn(body: Wire): Wire
  /** The JSON body of the answer. */
  encode(tokens: number): Uint8Array
}

/** The list of models that an API offers. */
export interface DialectModels {
  /** What a request for the list must say beside a credential. */
  readonly headers: RawHeaders
  /** A page of a list; without names when it cannot be read. */
  decode(body: Uint8Array): ModelPage
  /** A list of these names, as the API gives one. */
  encode(names: readonly string[]): Uint8Array
}

/** A reading of which nothing has been read yet. */
export function emptyReading(): Reading {
  return {
    events: 0,
    progress: 0,
    hasReasoning: false,
    hasToken: false,
    latest: undefined,
    isFinished: false,
    isTerminal: false,
    finish: undefined,
    failure: undefined,
    usage: {},
    isUsageFinal: false,
    textBytes: 0,
    uncountedFrom: 0,
    model: undefined,
    toolRuns: undefined,
    isReasoningBeside: false,
    answerId: undefined,
    serviceTier: undefined,
    malformed: 0,
  }
}
