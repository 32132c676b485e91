import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { emptyReading, type Reading } from '../dialects/index.ts'
import { estimateUsage, isUncounted, type TokenEstimator } from './estimate.ts'
import type { Stage } from './stage.ts'

function reading(known: Partial<Reading>): Reading {
  return { ...emptyReading(), ...known }
}

/** Of an exchange that has ended so, with what it has kept of its text. */
function stage(known: Partial<Reading>, kept?: string): Stage {
  const seen = { reading: reading(known), isReady: true, midFrame: false }
  return { seen, keptText: () => kept, push() {}, end() {}, fail() {} }
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
  assert.deepEqual(estimateUsage(stage({ textBytes: 41 })), { output: 11 })
  const counted = stage({ textBytes: 41, uncountedFrom: 21, usage: { input: 7, cacheRead: 2, output: 6 } })
  assert.deepEqual(estimateUsage(counted), { input: 7, cacheRead: 2, output: 11 })
  assert.equal(estimateUsage(stage({})), undefined)
  assert.equal(estimateUsage(undefined, ESTIMATOR), undefined)
})

test('by text the request is counted where nobody told it, and the answer where its text is kept', async () => {
  const told = { textBytes: 40, usage: { input: 7, output: 1 } }
  assert.deepEqual(await estimateUsage(stage(told), ESTIMATOR), { input: 7, output: 11 })
  assert.deepEqual(await estimateUsage(stage(told, 'fifteen letters'), ESTIMATOR), { input: 7, output: 15 })
  assert.deepEqual(await estimateUsage(stage({ textBytes: 40 }), ESTIMATOR), { input: 50, output: 10 })
  const unread = { ...ESTIMATOR, input: async () => undefined }
  assert.deepEqual(await estimateUsage(stage({ textBytes: 40 }, ''), unread), { output: 0 })
})

test('a count that fails costs no report: it is judged by its length', async () => {
  const broken: TokenEstimator = { ...ESTIMATOR, input: () => Promise.reject(new Error('No')) }
  assert.deepEqual(await estimateUsage(stage({ textBytes: 40 }), broken), { output: 10 })
  const throwing: TokenEstimator = {
    ...ESTIMATOR,
    input() {
      throw new Error('No')
    },
  }
  assert.deepEqual(await estimateUsage(stage({ textBytes: 40 }), throwing), { output: 10 })
})
