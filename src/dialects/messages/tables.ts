import type { FailureCode } from '../../errors.ts'
import type { FinishReason, SaidUsage, Usage } from '../../model/index.ts'
import type { FailureWords } from '../error-body.ts'
import { countOf, defined, objectOf, sumOf, type Unread } from '../value.ts'
import type { MessagesUsage } from './wire.ts'

export const FINISHES = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
  pause_turn: 'paused',
  compaction: 'paused',
} as const satisfies Record<string, FinishReason>

/** Error types, and below them the error codes that only we say. */
export const FAILURE_WORDS = {
  invalid_request_error: 'bad-request',
  conflict_error: 'bad-request',
  authentication_error: 'unauthorized',
  billing_error: 'forbidden',
  permission_error: 'forbidden',
  not_found_error: 'not-found',
  request_too_large: 'too-large',
  rate_limit_error: 'rate-limited',
  overloaded_error: 'overloaded',
  api_error: 'upstream',
  timeout_error: 'timeout',
  stream_truncated: 'truncated',
  request_cancelled: 'cancelled',
} as const satisfies FailureWords

/** Says a failure; the error code only where no type says it. */
export const FAILURE_TYPES: Readonly<Record<FailureCode, { readonly type: string; readonly errorCode?: string }>> = {
  'bad-request': { type: 'invalid_request_error' },
  unauthorized: { type: 'authentication_error' },
  forbidden: { type: 'permission_error' },
  'not-found': { type: 'not_found_error' },
  'too-large': { type: 'request_too_large' },
  'rate-limited': { type: 'rate_limit_error' },
  overloaded: { type: 'overloaded_error' },
  upstream: { type: 'api_error' },
  truncated: { type: 'api_error', errorCode: 'stream_truncated' },
  timeout: { type: 'timeout_error' },
  cancelled: { type: 'api_error', errorCode: 'request_cancelled' },
}

/** The counts as the provider says them: `input` without what the cache read and wrote. */
export function readUsage(usage: Unread<MessagesUsage>): SaidUsage {
  const creation = objectOf<MessagesUsage['cache_creation'] & object>(usage.cache_creation)
  const details = objectOf<MessagesUsage['output_tokens_details'] & object>(usage.output_tokens_details)
  return {
    input: countOf(usage.input_tokens),
    cacheRead: countOf(usage.cache_read_input_tokens),
    cacheWrite: countOf(usage.cache_creation_input_tokens),
    cacheWrite1h: countOf(creation?.ephemeral_1h_input_tokens),
    output: countOf(usage.output_tokens),
    reasoning: countOf(details?.thinking_tokens),
    serverTools: readServerTools(usage.server_tool_use),
  }
}

/** The counts with all input in `input`. */
export function toTotals(said: Usage): Usage {
  if (said.input === undefined) return said
  return defined<Usage>({ ...said, input: sumOf(said.input, said.cacheRead, said.cacheWrite) })
}

function readServerTools(value: unknown): Record<string, number> | undefined {
  const requests = Object.entries(objectOf(value) ?? {}).filter(([, count]) => countOf(count) !== undefined)
  return requests.length === 0 ? undefined : (Object.fromEntries(requests) as Record<string, number>)
}
