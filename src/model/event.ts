import type { Failure } from '../errors.ts'
import type { Annotation, Logprob } from './annotation.ts'
import type { Finish } from './finish.ts'
import type { Native } from './native.ts'
import type { Seal } from './seal.ts'
import type { Usage } from './usage.ts'

/**
 * The neutral stream: what every decoder emits and every encoder takes.
 *
 * Grammar. `message-start` comes first, once; an `error` may stand alone. Then blocks, `usage`, `ping` and
 * `native` in any mix. Every candidate that opened a block, or that the provider said ended, ends with one
 * `choice-end` after its last block; `message-end` follows all of them; `error` may stand in its place at
 * any time, once. Every delta, seal, part break, and every annotation with an index, names an open block of
 * a fitting kind; every opened block is closed before the end. Block indices count up from 0 in order of
 * opening, over all candidates. Several blocks may be open at once. `Grammar` checks it.
 */
export type StreamEvent =
  | MessageStart
  | BlockStart
  | TextDelta
  | PartBreak
  | PayloadDelta
  | DataDelta
  | SealEvent
  | AnnotationEvent
  | BlockEnd
  | UsageEvent
  | ChoiceEnd
  | MessageEnd
  | ErrorEvent
  | Ping
  | NativeEvent

export interface MessageStart {
  readonly type: 'message-start'
  /** The upstream's id of the answer; undefined when its first frame has none. */
  readonly id: string | undefined
  /** The model that the upstream names. */
  readonly model: string | undefined
  /** Seconds since 1970. */
  readonly createdAt?: number | undefined
  readonly serviceTier?: string | undefined
  readonly native?: Native | undefined
}

interface Block {
  readonly type: 'block-start'
  readonly index: number
  /** The candidate, from 0. */
  readonly choice: number
  /** The upstream's id of the item this block belongs to; blocks of one item share it. */
  readonly item?: string | undefined
  readonly native?: Native | undefined
}

export interface PlainBlock extends Block {
  readonly kind: 'text' | 'refusal'
}

export interface ReasoningBlock extends Block {
  readonly kind: 'reasoning'
  readonly form: 'full' | 'summary'
}

export interface ToolCallBlock extends Block {
  readonly kind: 'tool-call'
  readonly callId: string
  readonly name: string
  readonly runBy: 'client' | 'provider'
  /** What the payload is: the text of one JSON value, or free text (custom tools). */
  readonly input: 'json' | 'text'
}

/** The result of a tool that the provider ran; its payload is the JSON of the provider's content. */
export interface ToolResultBlock extends Block {
  readonly kind: 'tool-result'
  readonly callId: string
  readonly failed: boolean
}

/** Pictures, audio, files made by the model. */
export interface MediaBlock extends Block {
  readonly kind: 'media'
  readonly mediaType: string
}

/** An item that only its dialect understands, whole in the native pocket of its start. */
export interface NativeBlock extends Block {
  readonly kind: 'native'
  readonly native: Native
}

export type BlockStart = PlainBlock | ReasoningBlock | ToolCallBlock | ToolResultBlock | MediaBlock | NativeBlock

export type BlockKind = BlockStart['kind']

/** More of a text, refusal or reasoning block. Never empty, unless it carries log probabilities. */
export interface TextDelta {
  readonly type: 'text-delta'
  readonly index: number
  readonly text: string
  readonly logprobs?: readonly Logprob[] | undefined
}

/** In a reasoning block: what follows is the next summary part. */
export interface PartBreak {
  readonly type: 'part-break'
  readonly index: number
}

/** More of the payload of a tool call or result. Never empty. */
export interface PayloadDelta {
  readonly type: 'payload-delta'
  readonly index: number
  readonly text: string
}

/** More of the base64 of a media block, cut anywhere. Never empty. */
export interface DataDelta {
  readonly type: 'data-delta'
  readonly index: number
  readonly base64: string
}

/** One for each block and kind of seal, final: emitted only when the item is done. */
export interface SealEvent {
  readonly type: 'seal'
  readonly index: number
  readonly seal: Seal
}

export interface AnnotationEvent {
  readonly type: 'annotation'
  readonly choice: number
  /** The block it is about; without one it is about the candidate as a whole. */
  readonly index?: number | undefined
  readonly annotation: Annotation
}

export interface BlockEnd {
  readonly type: 'block-end'
  readonly index: number
  /** The answer failed inside the block: what it holds is not all of it. An `error` follows. */
  readonly isTorn?: true | undefined
  readonly native?: Native | undefined
}

/** What is said of the usage, merged over what was said before: the last explicit value wins. */
export interface UsageEvent {
  readonly type: 'usage'
  readonly usage: Usage
}

export interface ChoiceEnd {
  readonly type: 'choice-end'
  readonly choice: number
  readonly finish: Finish
}

export interface MessageEnd {
  readonly type: 'message-end'
  /** The tier that served it, where the start did not know it yet. */
  readonly serviceTier?: string | undefined
  readonly native?: Native | undefined
}

export interface ErrorEvent {
  readonly type: 'error'
  readonly failure: Failure
  readonly native?: Native | undefined
}

export interface Ping {
  readonly type: 'ping'
}

/** A frame that only its dialect understands. */
export interface NativeEvent {
  readonly type: 'native'
  /** The event's name on the wire. */
  readonly name: string | undefined
  readonly native: Native
}
