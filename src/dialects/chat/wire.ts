/** One chunk of a Chat Completions stream, with what providers add to it. */
export interface ChatChunk {
  readonly id: string
  /** `error` for an error in the place of a chunk: vLLM. */
  readonly object: string
  readonly model: string
  readonly choices: readonly ChatChoice[]
  readonly usage: ChatUsage | null
  /** Groq. */
  readonly x_groq: { readonly usage: ChatUsage }
  readonly error: ChatError | string
}

export interface ChatChoice {
  readonly index: number
  readonly delta: ChatDelta
  /** In whole bodies, and in the last chunk of some streams. */
  readonly message: ChatDelta
  readonly finish_reason: string | null
  /** Moonshot. */
  readonly usage: ChatUsage
  /** OpenRouter, beside the finish reason `error`. */
  readonly error: ChatError
}

export interface ChatDelta {
  /** An array of thinking and text parts: Mistral. */
  readonly content: string | readonly ChatPart[] | null
  readonly refusal: string | null
  readonly tool_calls: readonly object[] | null
  readonly function_call: object
  readonly audio: object
  readonly images: readonly object[]
  /** Reasoning has a name for each vendor. */
  readonly reasoning: string | null
  readonly reasoning_content: string | null
  readonly reasoning_text: string | null
  readonly reasoning_details: readonly object[]
}

export interface ChatPart {
  readonly type: string
  readonly text: string
}

export interface ChatError {
  readonly message: string
  readonly type: string
  readonly code: string | number | null
  readonly param: string | null
}

export interface ChatUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly prompt_tokens_details: {
    readonly cached_tokens: number
    readonly audio_tokens: number
    /** OpenRouter. */
    readonly cache_write_tokens: number
  }
  readonly completion_tokens_details: {
    readonly reasoning_tokens: number
    readonly audio_tokens: number
  }
  /** Moonshot. */
  readonly cached_tokens: number
  /** DeepSeek. */
  readonly prompt_cache_hit_tokens: number
  /** Databricks and LiteLLM, for the models of Anthropic. */
  readonly cache_read_input_tokens: number
  readonly cache_creation_input_tokens: number
  /** Azure, for models of other vendors. */
  readonly reasoning_tokens: number
  /** OpenRouter: US dollars; Perplexity: with its parts. */
  readonly cost: number | { readonly total_cost: number }
}
