import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finishOf } from '../../model/index.ts'
import { defined } from '../value.ts'
import { FINISHES, readUsage } from './tables.ts'

const REASONS = {
  stop: 'stop',
  eos: 'stop',
  length: 'length',
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'filtered',
}

test('every finish reason has its neutral one', () => {
  for (const [raw, reason] of Object.entries(REASONS)) assert.deepEqual(finishOf(FINISHES, raw), { reason, raw })
  assert.deepEqual(Object.keys(FINISHES), Object.keys(REASONS))
  assert.deepEqual(finishOf(FINISHES, 'constructor'), { reason: 'other', raw: 'constructor' })
})

const USAGES = [
  [
    { prompt_tokens: 5, completion_tokens: 0 },
    { input: 5, output: 0 },
  ],
  [{ prompt_tokens_details: { cached_tokens: 3, audio_tokens: 2 } }, { cacheRead: 3, audioInput: 2 }],
  [{ completion_tokens_details: { reasoning_tokens: 7, audio_tokens: 1 } }, { reasoning: 7, audioOutput: 1 }],
  [{ prompt_tokens_details: { cache_write_tokens: 9 } }, { cacheWrite: 9 }],
  [{ prompt_tokens_details: null, completion_tokens_details: null }, {}],
  [{ prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 1 }, { cacheRead: 4 }],
  [{ cached_tokens: 6 }, { cacheRead: 6 }],
  [
    { cache_read_input_tokens: 2, cache_creation_input_tokens: 8 },
    { cacheRead: 2, cacheWrite: 8 },
  ],
  [{ reasoning_tokens: 0 }, { reasoning: 0 }],
  [{ cost: 0.0125 }, { reportedCostUsd: 0.0125 }],
  [{ cost: { total_cost: 0.5, input_tokens_cost: 0.25 } }, { reportedCostUsd: 0.5 }],
  [{ prompt_tokens: null, completion_tokens: '9', cost: -1 }, {}],
] as const

for (const [usage, expected] of USAGES)
  test(`usage ${JSON.stringify(usage)} is ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(defined(readUsage(usage)), expected)
  })
