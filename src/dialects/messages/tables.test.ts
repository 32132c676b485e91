import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finishOf } from '../../model/index.ts'
import { FAILURE_TYPES, FAILURE_WORDS, FINISHES } from './tables.ts'

const REASONS = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
  pause_turn: 'paused',
  compaction: 'paused',
}

test('every stop reason has its neutral one', () => {
  for (const [raw, reason] of Object.entries(REASONS)) assert.deepEqual(finishOf(FINISHES, raw), { reason, raw })
  assert.deepEqual(Object.keys(FINISHES), Object.keys(REASONS))
  assert.deepEqual(finishOf(FINISHES, 'toString'), { reason: 'other', raw: 'toString' })
})

test('what we say for a failure is read back as that failure', () => {
  for (const [code, { type, errorCode = type }] of Object.entries(FAILURE_TYPES))
    assert.equal(FAILURE_WORDS[errorCode as keyof typeof FAILURE_WORDS], code, errorCode)
})
