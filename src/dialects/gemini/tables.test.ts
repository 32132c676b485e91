import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finishOf } from '../../model/index.ts'
import { FAILURE_STATUSES, FAILURE_WORDS, FINISHES } from './tables.ts'

const REASONS = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'filtered',
  RECITATION: 'filtered',
  LANGUAGE: 'filtered',
  BLOCKLIST: 'filtered',
  PROHIBITED_CONTENT: 'filtered',
  SPII: 'filtered',
  IMAGE_SAFETY: 'filtered',
  IMAGE_PROHIBITED_CONTENT: 'filtered',
  IMAGE_RECITATION: 'filtered',
  MODEL_ARMOR: 'filtered',
  JAILBREAK: 'filtered',
}

test('every finish and block reason has its neutral one', () => {
  for (const [raw, reason] of Object.entries(REASONS)) assert.deepEqual(finishOf(FINISHES, raw), { reason, raw })
  assert.deepEqual(Object.keys(FINISHES), Object.keys(REASONS))
  for (const raw of ['MALFORMED_FUNCTION_CALL', 'OTHER', 'FINISH_REASON_UNSPECIFIED'])
    assert.deepEqual(finishOf(FINISHES, raw), { reason: 'other', raw })
})

test('what we say for a failure is read back as that failure, or as one that its number makes precise', () => {
  for (const [code, status] of Object.entries(FAILURE_STATUSES))
    assert.equal(FAILURE_WORDS[status], code === 'too-large' ? 'bad-request' : code, status)
})
