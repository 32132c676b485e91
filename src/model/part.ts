import type { Annotation, Logprob } from './annotation.ts'
import type { BlockStart } from './event.ts'
import type { Native } from './native.ts'
import type { Seal } from './seal.ts'

/** How long a provider is asked to keep the prompt up to here, where it says so; undefined ttl: its default. */
export interface CacheMark {
  /** For five minutes, or for an hour. */
  readonly ttl?: '5m' | '1h' | undefined
}

/** What every part may carry, whatever its kind: an attribute on some kinds only is where data gets lost. */
interface Attributes {
  /** The provider is asked to keep the prompt up to here. */
  readonly cache?: CacheMark | undefined
  /** Opaque tokens that belong to it. */
  readonly seals?: readonly Seal[] | undefined
  /** The provider's id of the item this part belongs to; parts of one item share it. */
  readonly item?: string | undefined
  /** What its dialect alone says of it. */
  readonly native?: Native | undefined
}

/** Text, of the user or for the user. */
export interface TextPart extends Attributes {
  readonly kind: 'text'
  /** The text; may be empty. */
  readonly text: string
  /** Sources that it rests on. */
  readonly annotations?: readonly Annotation[] | undefined
  /** How likely its tokens were, in order. */
  readonly logprobs?: readonly Logprob[] | undefined
}

/** A refusal in words. */
export interface RefusalPart extends Attributes {
  readonly kind: 'refusal'
  /** The words. */
  readonly text: string
  /** How likely its tokens were, in order. */
  readonly logprobs?: readonly Logprob[] | undefined
}

/** What the model thought before it answered. */
export interface ReasoningPart extends Attributes {
  readonly kind: 'reasoning'
  /** `full`: the reasoning itself. `summary`: what the provider tells of it. */
  readonly form: 'full' | 'summary'
  /** Its text in parts; a full form has one at most. Empty: only the seal is known. */
  readonly texts: readonly string[]
}

/** Where the bytes of a medium are. A URL is passed on and never fetched. */
export type MediaSource =
  | { readonly type: 'base64'; readonly data: string }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'file'; readonly fileId: string }
  | { readonly type: 'text'; readonly text: string }

/** A picture, audio, a document: anything with a media type. */
export interface MediaPart extends Attributes {
  readonly kind: 'media'
  /** `image/png`; `image/*` where only the sort is known. */
  readonly mediaType: string
  /** Where its bytes are. */
  readonly source: MediaSource
  /** What the user calls it. */
  readonly filename?: string | undefined
  /** How closely a picture is to be looked at: `low`, `high`, `auto`, ... */
  readonly detail?: string | undefined
}

/** A call of a tool. */
export interface ToolCallPart extends Attributes {
  readonly kind: 'tool-call'
  /** By which the result names the call. */
  readonly callId: string
  /** The tool's name. */
  readonly name: string
  /** Who runs the tool: whoever asked, or the provider itself. */
  readonly runBy: 'client' | 'provider'
  /** What the payload is: the text of one JSON value, or free text (custom tools). */
  readonly input: 'json' | 'text'
  /** The text of one JSON value, or free text. */
  readonly payload: string
}

/** What a tool gave back. */
export interface ToolResultPart extends Attributes {
  readonly kind: 'tool-result'
  /** The call that it is the result of. */
  readonly callId: string
  /** The tool failed; what it gave back says how. */
  readonly failed: boolean
  /** A client's result. Empty for a tool that the provider ran. */
  readonly content: readonly Part[]
  /** The JSON of the provider's content, for a tool that it ran. */
  readonly payload?: string | undefined
}

/** An item that only its dialect understands. */
export interface NativePart extends Attributes {
  readonly kind: 'native'
  /** The item. */
  readonly native: Native
}

/** A piece of what one side said. */
export type Part = TextPart | RefusalPart | ReasoningPart | MediaPart | ToolCallPart | ToolResultPart | NativePart

/** The texts of a part that a model reads or has written; none for media and for what only its dialect understands. */
export function textsOf(part: Part): readonly string[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return [part.text]
    case 'reasoning':
      return part.texts
    case 'media':
      return part.source.type === 'text' ? [part.source.text] : []
    case 'tool-call':
      return [part.name, part.payload]
    case 'tool-result':
      return [part.payload ?? '']
    case 'native':
      return []
  }
}

/** Of what an answer says, as a part or as a block: whether it is a call that the provider ran, or its result. */
export function isProviderRun(said: BlockStart | Part): boolean {
  return said.kind === 'tool-result' || (said.kind === 'tool-call' && said.runBy === 'provider')
}
