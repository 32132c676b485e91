/** One event of a Messages stream; which members it has depends on its type. */
export interface MessagesEvent {
  readonly type: string
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
  readonly stop_reason: string | null
  readonly stop_sequence: string | null
}

export interface MessagesBlock {
  readonly type: string
  readonly text: string
  readonly thinking: string
}

export interface MessagesDelta {
  readonly type: string
  readonly text: string
  readonly thinking: string
  readonly partial_json: string
  readonly stop_reason: string | null
  readonly stop_sequence: string | null
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
}

export interface MessagesError {
  readonly type: string
  readonly message: string
  readonly details?: { readonly error_code: string }
}
