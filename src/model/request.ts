import type { Native } from './native.ts'
import type { CacheMark, Part } from './part.ts'

/** What a client asks of a model, in one vocabulary. Absent means that nobody said. */
export interface Request {
  /** The model that is asked for; undefined where none is named. */
  readonly model: string | undefined
  /** Whether a stream is asked for. */
  readonly stream: boolean
  /** System prompt, part by part, in order. */
  readonly instructions: readonly Part[]
  /** The conversation, oldest first. */
  readonly turns: readonly Turn[]
  /** What the model may call. */
  readonly tools: readonly Tool[]
  /** Whether it must. */
  readonly toolChoice?: ToolChoice | undefined
  /** Whether several calls may come in one turn. */
  readonly parallelToolCalls?: boolean | undefined
  /** Reasoning included. */
  readonly maxOutputTokens?: number | undefined
  /** How tokens are drawn. */
  readonly sampling: Sampling
  /** Texts that end the answer where they would appear. */
  readonly stop?: readonly string[] | undefined
  /** How many candidates are wanted. */
  readonly choices?: number | undefined
  /** How much the model is to think, and what of it is shown. */
  readonly reasoning?: ReasoningWish | undefined
  /** What the answer must look like. */
  readonly output?: OutputWish | undefined
  /** Log probabilities of the answer's tokens; `top`: of so many others in each place. */
  readonly logprobs?: { readonly top?: number | undefined } | undefined
  /** Free labels for the provider's own records. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Who the provider should hold responsible. */
  readonly user?: string | undefined
  /** Which prompt cache to look in. */
  readonly cacheKey?: string | undefined
  /** The provider's own word: `auto`, `priority`, `flex`, ... */
  readonly serviceTier?: string | undefined
  /** Whether the provider may keep the answer. */
  readonly store?: boolean | undefined
  /** Whether a chat client wants the usage of a stream; undefined: it did not say. */
  readonly includeUsage?: boolean | undefined
  /** What its dialect alone knows. */
  readonly native?: Native | undefined
}

/** What one side said. Results of tools stand in a user's turn; `system` is an instruction in mid-conversation. */
export interface Turn {
  /** Who said it. */
  readonly role: 'user' | 'assistant' | 'system'
  /** What was said, in order. */
  readonly parts: readonly Part[]
  /** The name of whoever spoke. */
  readonly name?: string | undefined
  /** What its dialect alone says of it. */
  readonly native?: Native | undefined
}

interface AnyTool {
  /** The provider is asked to keep the prompt up to here. */
  readonly cache?: CacheMark | undefined
  /** What its dialect alone says of it. */
  readonly native?: Native | undefined
}

/** A tool that the client runs, called with JSON. */
export interface FunctionTool extends AnyTool {
  readonly kind: 'function'
  /** The name to call it by. */
  readonly name: string
  /** What it does, for the model. */
  readonly description?: string | undefined
  /** JSON Schema of the arguments; undefined: none are declared. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined
  /** Whether arguments must match the schema exactly; undefined: the dialect's default. */
  readonly strict?: boolean | undefined
}

/** A tool that the client runs, called with free text. */
export interface CustomTool extends AnyTool {
  readonly kind: 'custom'
  /** The name to call it by. */
  readonly name: string
  /** What it does, for the model. */
  readonly description?: string | undefined
  /** What the text must be; `syntax`: `lark` or `regex`. Undefined: any text. */
  readonly grammar?: { readonly syntax: string; readonly definition: string } | undefined
}

/** A tool of the provider's, known to its dialect only. */
export interface ProviderTool extends AnyTool {
  readonly kind: 'provider'
  /** The dialect's word for it: `web_search_20250305`. */
  readonly name: string
  /** The tool as its dialect has it. */
  readonly native: Native
}

/** Something that the model may call. */
export type Tool = FunctionTool | CustomTool | ProviderTool

/** Which tools may or must be called: `auto`: the model decides, `required`: any one, `tool`: this one. */
export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly name: string }

/** How tokens are drawn. Each scale is the dialect's own, and passes as a number. */
export interface Sampling {
  /** 0: the likeliest tokens; higher: more variety. */
  readonly temperature?: number | undefined
  /** Draws from the likeliest tokens that together have this probability, 0 to 1. */
  readonly topP?: number | undefined
  /** Draws from so many of the likeliest tokens. */
  readonly topK?: number | undefined
  /** Asks for the same answer to the same request, as far as the provider can. */
  readonly seed?: number | undefined
  /** Positive: tokens that were there are less likely. */
  readonly presencePenalty?: number | undefined
  /** Positive: tokens are less likely the more often they were there. */
  readonly frequencyPenalty?: number | undefined
}

/** From least to most; providers know some of them each. */
export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** How much the model is to think, and what of it is to be shown. */
export interface ReasoningWish {
  /** False: no reasoning at all. `adaptive`: the model decides. */
  readonly enabled?: boolean | 'adaptive' | undefined
  /** How much, as a level. */
  readonly effort?: Effort | undefined
  /** How much, in tokens. */
  readonly budgetTokens?: number | undefined
  /** What of it is to be shown: `auto`, `concise`, `detailed`, `omitted`, ... */
  readonly summary?: string | undefined
}

/** What the answer must look like. */
export interface OutputWish {
  /** `json`: any JSON. `schema`: JSON of a schema. */
  readonly format?: 'text' | 'json' | 'schema' | undefined
  /** The schema's name. */
  readonly name?: string | undefined
  /** What the schema is for, for the model. */
  readonly description?: string | undefined
  /** JSON Schema of the answer, with `schema`. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined
  /** Whether the answer must match the schema exactly; undefined: the dialect's default. */
  readonly strict?: boolean | undefined
  /** How many words. */
  readonly verbosity?: 'low' | 'medium' | 'high' | undefined
  /** `text`, `image`, `audio`. */
  readonly modalities?: readonly string[] | undefined
}
