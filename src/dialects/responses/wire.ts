import type { OpenaiError } from '../openai-error.ts'

/** One event of a Responses stream; which members it has depends on its type. */
export interface ResponsesEvent {
  readonly type: string
  readonly sequence_number: number
  /** The life of the response: `response.created`, `response.completed`, ... */
  readonly response: ResponsesResponse
  /** `response.output_item.added` and `.done` */
  readonly item: ResponsesItem
  /** `response.….delta` */
  readonly delta: string
  /** `response.output_text.done`, `response.refusal.done`: the text in one piece. */
  readonly text: string
  readonly refusal: string
  /** `error`; without it message and code stand in the event itself. */
  readonly error: OpenaiError
}

export interface ResponsesResponse {
  readonly id: string
  readonly model: string
  readonly status: 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'
  readonly incomplete_details: { readonly reason: string } | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly output: readonly ResponsesItem[]
  readonly usage: ResponsesUsage | null
}

export interface ResponsesItem {
  readonly type: string
  readonly content: readonly ResponsesPart[]
  readonly summary: readonly ResponsesPart[]
}

export interface ResponsesPart {
  readonly text: string
  readonly refusal: string
}

export interface ResponsesUsage {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
}
