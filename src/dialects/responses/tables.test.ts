import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finishOf } from '../../model/index.ts'
import { defined } from '../value.ts'
import { FINISHES, readUsage } from './tables.ts'

const REASONS = {
  completed: 'stop',
  max_output_tokens: 'length',
  content_filter: 'filtered',
}

test('every way to end has its reason', () => {
  for (const [raw, reason] of Object.entries(REASONS)) assert.deepEqual(finishOf(FINISHES, raw), { reason, raw })
  assert.deepEqual(Object.keys(FINISHES), Object.keys(REASONS))
  assert.deepEqual(finishOf(FINISHES, 'cancelled'), { reason: 'other', raw: 'cancelled' })
})

test('details may be absent', () => {
  assert.deepEqual(defined(readUsage({ input_tokens: 1, output_tokens: 0, input_tokens_details: null })), {
    input: 1,
    output: 0,
  })
})
