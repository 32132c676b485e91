import type { FinishReason, SaidUsage } from '../../model/index.ts'
import { countOf, objectOf, type Unread } from '../value.ts'
import type { ChatUsage } from './wire.ts'

/** Finish reasons, those of other vendors that speak this API included. */
export const FINISHES = {
  stop: 'stop',
  // Together.
  eos: 'stop',
  length: 'length',
  // Mistral.
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'filtered',
} as const satisfies Record<string, FinishReason>

/** Cached and audio input are inside the input count, reasoning and audio output inside the output count. */
export function readUsage(usage: Unread<ChatUsage>): SaidUsage {
  const prompt = objectOf<ChatUsage['prompt_tokens_details']>(usage.prompt_tokens_details)
  const completion = objectOf<ChatUsage['completion_tokens_details']>(usage.completion_tokens_details)
  return {
    input: countOf(usage.prompt_tokens),
    output: countOf(usage.completion_tokens),
    cacheRead:
      countOf(prompt?.cached_tokens) ??
      countOf(usage.cached_tokens) ??
      countOf(usage.prompt_cache_hit_tokens) ??
      countOf(usage.cache_read_input_tokens),
    cacheWrite: countOf(prompt?.cache_write_tokens) ?? countOf(usage.cache_creation_input_tokens),
    reasoning: countOf(completion?.reasoning_tokens) ?? countOf(usage.reasoning_tokens),
    audioInput: countOf(prompt?.audio_tokens),
    audioOutput: countOf(completion?.audio_tokens),
    reportedCostUsd: countOf(usage.cost) ?? countOf(objectOf<{ total_cost: number }>(usage.cost)?.total_cost),
  }
}
