import type { Wire } from '../value.ts'

/** One event of a Messages stream; which members it has depends on its type. */
export interface MessagesEvent {
  readonly type: string
  /** `content_block_start`, `content_block_delta`, `content_block_stop` */
  readonly index: number
  /** `message_start` */
  readonly message: Message
  /** `content_block_start` */
  readonly content_block: MessagesBlock
  /** `content_block_delta` and `message_delta` */
  readonly delta: MessagesDelta
  /** `message_delta` */
  readonly usage: MessagesUsage
  /** `error` */
  readonly error: MessagesError
}

export interface Message {
  readonly id: string
  readonly model: string
  readonly usage: MessagesUsage
  readonly content: readonly MessagesBlock[]
  readonly stop_reason: string | null
  readonly stop_sequence: string | null
  readonly stop_details: Wire | null
}

/** One block of an answer or a request; which members it has depends on its type. */
export interface MessagesBlock {
  readonly type: string
  /** `text` */
  readonly text: string
  readonly citations: readonly Citation[] | null
  /** `thinking` */
  readonly thinking: string
  readonly signature: string
  /** `redacted_thinking` */
  readonly data: string
  /** `tool_use`, `server_tool_use`, `mcp_tool_use` */
  readonly id: string
  readonly name: string
  readonly input: unknown
  /** `tool_result` and the results of the provider's tools */
  readonly tool_use_id: string
  readonly content: unknown
  readonly is_error: boolean
}

export interface MessagesDelta {
  readonly type: string
  readonly text: string
  readonly thinking: string
  readonly signature: string
  readonly partial_json: string
  readonly citation: Citation
  readonly stop_reason: string | null
  readonly stop_sequence: string | null
  readonly stop_details: Wire | null
}

/** What a piece of text rests on; which members it has depends on its type. */
export interface Citation {
  readonly type: string
  readonly cited_text: string
  /** Pages and search results. */
  readonly title: string | null
  /** A page of the provider's search. */
  readonly url: string
  readonly encrypted_index: string
  /** A search result of the client's: where it is from. */
  readonly source: string
  /** A document of the request. */
  readonly document_title: string | null
  readonly file_id: string | null
}

export interface MessagesUsage {
  /** What was neither read from the cache nor written to it. */
  readonly input_tokens: number | null
  readonly cache_read_input_tokens: number | null
  readonly cache_creation_input_tokens: number | null
  readonly cache_creation: { readonly ephemeral_1h_input_tokens: number } | null
  readonly output_tokens: number
  readonly output_tokens_details: { readonly thinking_tokens: number } | null
  readonly server_tool_use: Readonly<Record<string, number>> | null
  readonly service_tier: string | null
  /** What each sampling of a model counted, where several made one answer. */
  readonly iterations: readonly Wire[] | null
}

export interface MessagesError {
  readonly type: string
  readonly message: string
  readonly details?: { readonly error_code: string }
}
