import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { emptyReading, type Reading } from '../dialects/index.ts'
import { estimateByLength, estimateByText, isUncounted, type TokenEstimator } from './estimate.ts'

function reading(known: Partial<Reading>): Reading {
  return { ...emptyReading(), ...known }
}

const ESTIMATOR: TokenEstimator = {
  input: async () => 50,
  output: async text => text.length,
}

suite('what no count of an upstream holds', () => {
  const CASES: readonly (readonly [title: string, known: Partial<Reading>, is: boolean])[] = [
    ['nothing has come', {}, false],
    ['text, and the last word on it', { textBytes: 40, usage: { output: 10 }, isUsageFinal: true }, false],
    ['text, and no word', { textBytes: 40 }, true],
    ['text, and a word on the input only', { textBytes: 40, uncountedFrom: 40, usage: { input: 7 } }, true],
    ['text after a running count', { textBytes: 40, uncountedFrom: 8, usage: { output: 2 } }, true],
    ['text before a running count', { textBytes: 40, uncountedFrom: 40, usage: { output: 10 } }, false],
  ]
  for (const [title, known, is] of CASES) test(title, () => assert.equal(isUncounted(reading(known)), is))
})

test('by length four bytes are a token, after what the upstream has counted', () => {
  assert.deepEqual(estimateByLength(reading({ textBytes: 41 })), { output: 11 })
  const counted = reading({ textBytes: 41, uncountedFrom: 21, usage: { input: 7, cacheRead: 2, output: 6 } })
  assert.deepEqual(estimateByLength(counted), { input: 7, cacheRead: 2, output: 11 })
})

test('by text the request is counted where nobody told it, and the answer where its text is kept', async () => {
  const told = reading({ textBytes: 40, usage: { input: 7, output: 1 } })
  assert.deepEqual(await estimateByText(told, undefined, ESTIMATOR), { input: 7, output: 11 })
  assert.deepEqual(await estimateByText(told, 'fifteen letters', ESTIMATOR), { input: 7, output: 15 })
  assert.deepEqual(await estimateByText(reading({ textBytes: 40 }), undefined, ESTIMATOR), { input: 50, output: 10 })
  const unread = { ...ESTIMATOR, input: async () => undefined }
  assert.deepEqual(await estimateByText(reading({ textBytes: 40 }), '', unread), { output: 0 })
})
