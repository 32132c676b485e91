import type { Annotation, Logprob } from './annotation.ts'
import type { BlockStart } from './event.ts'
import type { Native } from './native.ts'
import type { Seal } from './seal.ts'

/** How long a provider is asked to keep the prompt up to here, where it says so; undefined ttl: its default. */
export interface CacheMark {
  readonly ttl?: '5m' | '1h' | undefined
}

/** What every part may carry, whatever its kind: an attribute on some kinds only is where data gets lost. */
interface Attributes {
  readonly cache?: CacheMark | undefined
  readonly seals?: readonly Seal[] | undefined
  /** The provider's id of the item this part belongs to; parts of one item share it. */
  readonly item?: string | undefined
  readonly native?: Native | undefined
}

export interface TextPart extends Attributes {
  readonly kind: 'text'
  readonly text: string
  readonly annotations?: readonly Annotation[] | undefined
  readonly logprobs?: readonly Logprob[] | undefined
}

export interface RefusalPart extends Attributes {
  readonly kind: 'refusal'
  readonly text: string
  readonly logprobs?: readonly Logprob[] | undefined
}

export interface ReasoningPart extends Attributes {
  readonly kind: 'reasoning'
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

export interface MediaPart extends Attributes {
  readonly kind: 'media'
  /** `image/png`; `image/*` where only the sort is known. */
  readonly mediaType: string
  readonly source: MediaSource
  readonly filename?: string | undefined
  /** How closely a picture is to be looked at: `low`, `high`, `auto`, ... */
  readonly detail?: string | undefined
}

export interface ToolCallPart extends Attributes {
  readonly kind: 'tool-call'
  readonly callId: string
  readonly name: string
  readonly runBy: 'client' | 'provider'
  readonly input: 'json' | 'text'
  /** The text of one JSON value, or free text. */
  readonly payload: string
}

export interface ToolResultPart extends Attributes {
  readonly kind: 'tool-result'
  readonly callId: string
  readonly failed: boolean
  /** A client's result. Empty for a tool that the provider ran. */
  readonly content: readonly Part[]
  /** The JSON of the provider's content, for a tool that it ran. */
  readonly payload?: string | undefined
}

/** An item that only its dialect understands. */
export interface NativePart extends Attributes {
  readonly kind: 'native'
  readonly native: Native
}

export type Part = TextPart | RefusalPart | ReasoningPart | MediaPart | ToolCallPart | ToolResultPart | NativePart

/** Of what an answer says, as a part or as a block: whether it is a call that the provider ran, or its result. */
export function isProviderRun(said: BlockStart | Part): boolean {
  return said.kind === 'tool-result' || (said.kind === 'tool-call' && said.runBy === 'provider')
}
