import type { OpenaiError } from '../openai-error.ts'
import type { Wire } from '../value.ts'

/** One event of a Responses stream; which members it has depends on its type. */
export interface ResponsesEvent {
  readonly type: string
  readonly sequence_number: number
  /** The life of the response: `response.created`, `response.completed`, ... */
  readonly response: ResponsesResponse
  /** `response.output_item.added` and `.done` */
  readonly item: ResponsesItem
  /** Place of the item in the output, which every event of an item names; few have no `item_id`. */
  readonly output_index: number
  readonly item_id: string
  /** Place of the part in a message, or of full reasoning. */
  readonly content_index: number
  /** Place of the part in the summary of a reasoning item. */
  readonly summary_index: number
  /** `response.content_part.…`, `response.reasoning_summary_part.…` */
  readonly part: ResponsesPart
  /** `response.….delta` */
  readonly delta: string
  readonly logprobs: readonly ResponsesLogprob[]
  readonly annotation: ResponsesAnnotation
  /** `response.….done`: the text in one piece. */
  readonly text: string
  readonly refusal: string
  readonly arguments: string
  readonly input: string
  /** `response.image_generation_call.partial_image` */
  readonly output_format: string
  /** `error`; without it message and code stand in the event itself. */
  readonly error: OpenaiError
}

export interface ResponsesResponse {
  readonly id: string
  /** Seconds since 1970. */
  readonly created_at: number
  readonly model: string
  readonly status: 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'
  readonly incomplete_details: { readonly reason: string } | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly output: readonly ResponsesItem[]
  readonly service_tier: string | null
  readonly usage: ResponsesUsage | null
  /** What tools of the provider did, and what pictures took. */
  readonly tool_usage: Wire
}

/** An item of the output, or of the input; which members it has depends on its type. */
export interface ResponsesItem {
  readonly type: string
  readonly id: string
  readonly status: string
  readonly role: 'user' | 'assistant' | 'system' | 'developer'
  readonly content: string | readonly ResponsesPart[]
  /** Reasoning. */
  readonly summary: readonly ResponsesPart[]
  readonly encrypted_content: string | null
  /** Calls, and their outputs. */
  readonly call_id: string | null
  readonly name: string
  readonly namespace: string
  readonly arguments: string
  readonly input: string
  readonly output: string | readonly ResponsesPart[]
  /** `image_generation_call`: the picture in base64. */
  readonly result: string | null
  readonly output_format: string
  /** `mcp_call` */
  readonly error: unknown
  /** `shell_call`: where it runs. */
  readonly environment: { readonly type: string } | null
  /** `tool_search_call`: who runs it. */
  readonly execution: 'server' | 'client'
}

/** A part of a message, of reasoning, or of a tool's output. */
export interface ResponsesPart {
  readonly type: string
  readonly text: string
  readonly refusal: string
  readonly annotations: readonly ResponsesAnnotation[]
  readonly logprobs: readonly ResponsesLogprob[]
  /** `input_image`: a URL, or a `data:` URL. */
  readonly image_url: string | null
  readonly detail: string
  /** `input_file`: its bytes as a `data:` URL. */
  readonly file_data: string
  readonly file_url: string
  readonly file_id: string | null
  readonly filename: string
  /** `input_audio` */
  readonly input_audio: { readonly data: string; readonly format: string }
}

/** `url_citation`, `file_citation`, `container_file_citation`, `file_path`. */
export interface ResponsesAnnotation {
  readonly type: string
  readonly url: string
  readonly title: string
  readonly file_id: string
  readonly filename: string
  /** Characters of the part's text, `end_index` excluded. */
  readonly start_index: number
  readonly end_index: number
}

export interface ResponsesLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[] | null
  readonly top_logprobs: readonly Omit<ResponsesLogprob, 'top_logprobs'>[]
}

export interface ResponsesUsage {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

/** What a client asks; `tools` and `input` are read item by item. */
export interface ResponsesRequest {
  readonly model: string
  readonly stream: boolean
  readonly instructions: string | readonly ResponsesItem[] | null
  readonly input: string | readonly ResponsesItem[]
  readonly tools: readonly ResponsesTool[]
  readonly tool_choice: string | ResponsesToolChoice
  readonly parallel_tool_calls: boolean
  readonly max_output_tokens: number
  readonly temperature: number
  readonly top_p: number
  readonly top_logprobs: number
  readonly include: readonly string[]
  readonly reasoning: { readonly effort: string | null; readonly summary: string | null }
  readonly text: { readonly format: ResponsesFormat; readonly verbosity: string | null }
  readonly metadata: Readonly<Record<string, string>>
  readonly user: string
  readonly safety_identifier: string
  readonly prompt_cache_key: string
  readonly service_tier: string
  readonly store: boolean
  readonly background: boolean
  readonly previous_response_id: string
}

export interface ResponsesTool {
  readonly type: string
  readonly name: string
  readonly description: string | null
  readonly parameters: Readonly<Record<string, unknown>> | null
  readonly strict: boolean | null
  /** `namespace`: its tools. */
  readonly tools: readonly ResponsesTool[]
}

export interface ResponsesToolChoice {
  readonly type: string
  readonly name: string
  readonly namespace: string
  /** `allowed_tools` */
  readonly mode: string
}

export interface ResponsesFormat {
  readonly type: 'text' | 'json_object' | 'json_schema'
  readonly name: string
  readonly description: string | null
  readonly schema: Readonly<Record<string, unknown>>
  readonly strict: boolean | null
}
