/** One chunk of a Chat Completions stream, or a whole completion, with what providers add to them. */
export interface ChatChunk {
  readonly id: string
  /** `error` for an error in the place of a chunk: vLLM. */
  readonly object: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
  readonly service_tier: string | null
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
  readonly logprobs: ChatLogprobs | null
  readonly finish_reason: string | null
  /** Moonshot. */
  readonly usage: ChatUsage
  /** OpenRouter, beside the finish reason `error`. */
  readonly error: ChatError
}

export interface ChatLogprobs {
  readonly content: readonly ChatLogprob[] | null
  readonly refusal: readonly ChatLogprob[] | null
}

export interface ChatLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[] | null
  readonly top_logprobs: readonly ChatLogprob[]
}

export interface ChatDelta {
  readonly role: string
  /** An array of thinking and text parts: Mistral. */
  readonly content: string | readonly ChatPart[] | null
  readonly refusal: string | null
  readonly tool_calls: readonly ChatToolCall[] | null
  readonly function_call: ChatFunctionCall | null
  readonly audio: ChatAudio | null
  /** OpenRouter. */
  readonly images: readonly ChatPart[]
  readonly annotations: readonly ChatAnnotation[]
  /** Reasoning has a name for each vendor. */
  readonly reasoning: string | null
  readonly reasoning_content: string | null
  readonly reasoning_text: string | null
  /** OpenRouter, and our own. */
  readonly reasoning_details: readonly ReasoningDetail[]
  /** Copilot: a token that wants to come back beside `reasoning_text`. */
  readonly reasoning_opaque: string | null
}

export interface ChatToolCall {
  readonly index: number
  readonly id: string | null
  readonly type: 'function' | 'custom' | null
  readonly function: ChatFunctionCall
  readonly custom: { readonly name: string; readonly input: string }
  /** Google's, where thought signatures ride. */
  readonly extra_content: { readonly google: { readonly thought_signature: string } }
}

export interface ChatFunctionCall {
  readonly name: string
  /** The text of a JSON object; some servers send the object itself. */
  readonly arguments: string
}

export interface ChatAudio {
  readonly id: string
  /** Base64. */
  readonly data: string
  readonly transcript: string
  readonly expires_at: number
}

export interface ChatAnnotation {
  readonly type: string
  readonly url_citation: {
    readonly url: string
    readonly title: string
    readonly start_index: number
    readonly end_index: number
    /** OpenRouter: the words of the page. */
    readonly content: string
  }
}

export interface ReasoningDetail {
  readonly type: 'reasoning.text' | 'reasoning.summary' | 'reasoning.encrypted'
  readonly text: string | null
  readonly summary: string | null
  readonly data: string | null
  readonly signature: string | null
  readonly id: string | null
  readonly format: string | null
  readonly index: number
}

export interface ChatPart {
  readonly type: string
  readonly text: string
  readonly refusal: string
  /** Mistral. */
  readonly thinking: string | readonly ChatPart[]
  readonly image_url: string | { readonly url: string; readonly detail: string }
  readonly input_audio: { readonly data: string; readonly format: string }
  readonly file: { readonly file_data: string; readonly file_id: string; readonly filename: string }
  /** OpenRouter and LiteLLM, for the models of Anthropic. */
  readonly cache_control: { readonly type: string; readonly ttl: string }
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
  readonly total_tokens: number
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

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly object[]
  readonly stream: boolean | null
  readonly stream_options: { readonly include_usage: boolean } | null
  readonly tools: readonly ChatTool[] | null
  /** Of the time before tools. */
  readonly functions: readonly object[] | null
  readonly tool_choice: string | object | null
  readonly function_call: string | object | null
  readonly parallel_tool_calls: boolean | null
  readonly max_tokens: number | null
  readonly max_completion_tokens: number | null
  readonly temperature: number | null
  readonly top_p: number | null
  /** Not OpenAI's, but of many who imitate it. */
  readonly top_k: number | null
  readonly seed: number | null
  readonly presence_penalty: number | null
  readonly frequency_penalty: number | null
  readonly stop: string | readonly string[] | null
  readonly n: number | null
  readonly logprobs: boolean | null
  readonly top_logprobs: number | null
  readonly reasoning_effort: string | null
  /** OpenRouter. */
  readonly reasoning: object | null
  readonly response_format: ChatResponseFormat | null
  readonly verbosity: string | null
  readonly modalities: readonly string[] | null
  readonly metadata: object | null
  readonly user: string | null
  readonly prompt_cache_key: string | null
  readonly service_tier: string | null
  readonly store: boolean | null
}

export interface ChatTool {
  readonly type: string
  readonly function: object
  readonly custom: object
  readonly cache_control: object
}

export interface ChatResponseFormat {
  readonly type: string
  readonly json_schema: {
    readonly name: string
    readonly description: string
    readonly schema: object
    readonly strict: boolean
  }
}
