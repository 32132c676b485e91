import type { FinishReason, SaidUsage } from '../../model/index.ts'
import { countOf, objectOf, type Unread } from '../value.ts'
import type { ResponsesUsage } from './wire.ts'

/** The status of a response that has ended, or the reason why it is incomplete. */
export const FINISHES = {
  completed: 'stop',
  max_output_tokens: 'length',
  content_filter: 'filtered',
} as const satisfies Record<string, FinishReason>

/** What the deltas that carry the answer itself are made of. Other deltas belong to tools that the provider runs. */
export const DELTAS = {
  'response.output_text.delta': 'token',
  'response.refusal.delta': 'token',
  'response.function_call_arguments.delta': 'token',
  'response.custom_tool_call_input.delta': 'token',
  'response.audio.delta': 'token',
  'response.audio.transcript.delta': 'token',
  'response.reasoning_text.delta': 'reasoning',
  'response.reasoning_summary_text.delta': 'reasoning',
} as const satisfies Record<string, 'token' | 'reasoning'>

/** Events that announce and bring nothing yet. */
export const HANDSHAKE: ReadonlySet<string> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
])

/** Items that wait for the client to do something. */
export const CLIENT_CALLS: ReadonlySet<string> = new Set(['function_call', 'custom_tool_call'])

/** Cached input is inside the input count, reasoning inside the output count. */
export function readUsage(usage: Unread<ResponsesUsage>): SaidUsage {
  const input = objectOf<ResponsesUsage['input_tokens_details']>(usage.input_tokens_details)
  const output = objectOf<ResponsesUsage['output_tokens_details']>(usage.output_tokens_details)
  return {
    input: countOf(usage.input_tokens),
    cacheRead: countOf(input?.cached_tokens),
    cacheWrite: countOf(input?.cache_write_tokens),
    output: countOf(usage.output_tokens),
    reasoning: countOf(output?.reasoning_tokens),
  }
}
