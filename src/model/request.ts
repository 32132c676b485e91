import type { Native } from './native.ts'
import type { CacheMark, Part } from './part.ts'

/** What a client asks of a model, in one vocabulary. Absent means that nobody said. */
export interface Request {
  readonly model: string | undefined
  readonly stream: boolean
  /** System prompt, part by part, in order. */
  readonly instructions: readonly Part[]
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice | undefined
  /** Whether several calls may come in one turn. */
  readonly parallelToolCalls?: boolean | undefined
  /** Reasoning included. */
  readonly maxOutputTokens?: number | undefined
  readonly sampling: Sampling
  readonly stop?: readonly string[] | undefined
  /** How many candidates are wanted. */
  readonly choices?: number | undefined
  readonly reasoning?: ReasoningWish | undefined
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
  readonly native?: Native | undefined
}

/** What one side said. Results of tools stand in a user's turn; `system` is an instruction in mid-conversation. */
export interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly parts: readonly Part[]
  /** The name of whoever spoke. */
  readonly name?: string | undefined
  readonly native?: Native | undefined
}

interface AnyTool {
  readonly cache?: CacheMark | undefined
  readonly native?: Native | undefined
}

/** A tool that the client runs, called with JSON. */
export interface FunctionTool extends AnyTool {
  readonly kind: 'function'
  readonly name: string
  readonly description?: string | undefined
  /** JSON Schema of the arguments; undefined: none are declared. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined
  readonly strict?: boolean | undefined
}

/** A tool that the client runs, called with free text. */
export interface CustomTool extends AnyTool {
  readonly kind: 'custom'
  readonly name: string
  readonly description?: string | undefined
  /** What the text must be; `syntax`: `lark` or `regex`. Undefined: any text. */
  readonly grammar?: { readonly syntax: string; readonly definition: string } | undefined
}

/** A tool of the provider's, known to its dialect only. */
export interface ProviderTool extends AnyTool {
  readonly kind: 'provider'
  /** The dialect's word for it: `web_search_20250305`. */
  readonly name: string
  readonly native: Native
}

export type Tool = FunctionTool | CustomTool | ProviderTool

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly name: string }

export interface Sampling {
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly seed?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly frequencyPenalty?: number | undefined
}

/** From least to most; providers know some of them each. */
export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export interface ReasoningWish {
  /** False: no reasoning at all. `adaptive`: the model decides. */
  readonly enabled?: boolean | 'adaptive' | undefined
  readonly effort?: Effort | undefined
  readonly budgetTokens?: number | undefined
  /** What of it is to be shown: `auto`, `concise`, `detailed`, `omitted`, ... */
  readonly summary?: string | undefined
}

export interface OutputWish {
  /** `json`: any JSON. `schema`: JSON of a schema. */
  readonly format?: 'text' | 'json' | 'schema' | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly schema?: Readonly<Record<string, unknown>> | undefined
  readonly strict?: boolean | undefined
  readonly verbosity?: 'low' | 'medium' | 'high' | undefined
  /** `text`, `image`, `audio`. */
  readonly modalities?: readonly string[] | undefined
}
