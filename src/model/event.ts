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

/** The answer begins. */
export interface MessageStart {
  readonly type: 'message-start'
  /** The upstream's id of the answer; undefined when its first frame has none. */
  readonly id: string | undefined
  /** The model that the upstream names. */
  readonly model: string | undefined
  /** Seconds since 1970. */
  readonly createdAt?: number | undefined
  /** The provider's word for how it is served: `default`, `priority`, ... */
  readonly serviceTier?: string | undefined
  /** What its dialect alone says of the answer. */
  readonly native?: Native | undefined
}

interface Block {
  readonly type: 'block-start'
  /** Counts up from 0 in order of opening, over all candidates. */
  readonly index: number
  /** The candidate, from 0. */
  readonly choice: number
  /** The upstream's id of the item this block belongs to; blocks of one item share it. */
  readonly item?: string | undefined
  /** What its dialect alone says of it. */
  readonly native?: Native | undefined
}

/** Text for the user, or a refusal in words. */
export interface PlainBlock extends Block {
  /** `refusal`: the text says no to what was asked. */
  readonly kind: 'text' | 'refusal'
}

/** What the model thinks before it answers. */
export interface ReasoningBlock extends Block {
  readonly kind: 'reasoning'
  /** `full`: the reasoning itself. `summary`: what the provider tells of it. */
  readonly form: 'full' | 'summary'
}

/** A call of a tool. */
export interface ToolCallBlock extends Block {
  readonly kind: 'tool-call'
  /** By which the result names the call. */
  readonly callId: string
  /** The tool's name. */
  readonly name: string
  /** Who runs the tool: whoever asked, or the provider itself. */
  readonly runBy: 'client' | 'provider'
  /** What the payload is: the text of one JSON value, or free text (custom tools). */
  readonly input: 'json' | 'text'
}

/** The result of a tool that the provider ran; its payload is the JSON of the provider's content. */
export interface ToolResultBlock extends Block {
  readonly kind: 'tool-result'
  /** The call that it is the result of. */
  readonly callId: string
  /** The tool failed. */
  readonly failed: boolean
}

/** Pictures, audio, files made by the model. */
export interface MediaBlock extends Block {
  readonly kind: 'media'
  /** `image/png`, `audio/wav`, ... */
  readonly mediaType: string
}

/** An item that only its dialect understands, whole in the native pocket of its start. */
export interface NativeBlock extends Block {
  readonly kind: 'native'
  /** The item. */
  readonly native: Native
}

/** A block begins: a piece of a candidate of one kind, until its `block-end`. */
export type BlockStart = PlainBlock | ReasoningBlock | ToolCallBlock | ToolResultBlock | MediaBlock | NativeBlock

/** What a block holds. */
export type BlockKind = BlockStart['kind']

/** More of a text, refusal or reasoning block. Never empty, unless it carries log probabilities. */
export interface TextDelta {
  readonly type: 'text-delta'
  /** The block. */
  readonly index: number
  /** What is appended. */
  readonly text: string
  /** How likely its tokens were. */
  readonly logprobs?: readonly Logprob[] | undefined
}

/** In a reasoning block: what follows is the next summary part. */
export interface PartBreak {
  readonly type: 'part-break'
  /** The block. */
  readonly index: number
}

/** More of the payload of a tool call or result. Never empty. */
export interface PayloadDelta {
  readonly type: 'payload-delta'
  /** The block. */
  readonly index: number
  /** What is appended. */
  readonly text: string
}

/** More of the base64 of a media block, cut anywhere. Never empty. */
export interface DataDelta {
  readonly type: 'data-delta'
  /** The block. */
  readonly index: number
  /** What is appended. */
  readonly base64: string
}

/** One for each block and kind of seal, final: emitted only when the item is done. */
export interface SealEvent {
  readonly type: 'seal'
  /** The block. */
  readonly index: number
  /** What is sealed in it. */
  readonly seal: Seal
}

/** A source that a block, or the candidate as a whole, rests on. */
export interface AnnotationEvent {
  readonly type: 'annotation'
  /** The candidate, from 0. */
  readonly choice: number
  /** The block it is about; without one it is about the candidate as a whole. */
  readonly index?: number | undefined
  /** The source. */
  readonly annotation: Annotation
}

/** A block is complete. */
export interface BlockEnd {
  readonly type: 'block-end'
  /** The block. */
  readonly index: number
  /** The answer failed inside the block: what it holds is not all of it. An `error` follows. */
  readonly isTorn?: true | undefined
  /** What its dialect alone says at its end, over what it said at the start. */
  readonly native?: Native | undefined
}

/** What is said of the usage, merged over what was said before: the last explicit value wins. */
export interface UsageEvent {
  readonly type: 'usage'
  /** What is said. */
  readonly usage: Usage
}

/** A candidate has ended. */
export interface ChoiceEnd {
  readonly type: 'choice-end'
  /** The candidate, from 0. */
  readonly choice: number
  /** Why. */
  readonly finish: Finish
}

/** The answer is complete. */
export interface MessageEnd {
  readonly type: 'message-end'
  /** The tier that served it, where the start did not know it yet. */
  readonly serviceTier?: string | undefined
  /** What its dialect alone says at the end. */
  readonly native?: Native | undefined
}

/** The answer has failed; stands in place of the end. */
export interface ErrorEvent {
  readonly type: 'error'
  /** Why. */
  readonly failure: Failure
  /** What its dialect alone says of the failure. */
  readonly native?: Native | undefined
}

/** The upstream is there, and says nothing. */
export interface Ping {
  readonly type: 'ping'
}

/** A frame that only its dialect understands. */
export interface NativeEvent {
  readonly type: 'native'
  /** The event's name on the wire. */
  readonly name: string | undefined
  /** The frame. */
  readonly native: Native
}
