import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FrameKind, Reading } from '../dialect.ts'
import { createMeter, whole } from './meter.ts'

function read(...chunks: readonly object[]): { kinds: FrameKind[]; reading: Reading } {
  const meter = createMeter()
  const kinds = chunks.map(chunk => {
    const frame = `data: ${JSON.stringify(chunk)}\r\n\r\n`
    return meter.frame(frame, 0, frame.length)
  })
  return { kinds, reading: meter.reading }
}

function chunk(parts: readonly object[], finishReason?: string, usageMetadata?: object): object {
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason }],
    usageMetadata,
    modelVersion: 'g',
    responseId: 'r',
  }
}

const PARTS: readonly (readonly [object, FrameKind, Partial<Reading>])[] = [
  [{ text: 'Hi' }, 'content', { hasToken: true }],
  [{ text: 'Hm', thought: true }, 'content', { hasReasoning: true }],
  [{ functionCall: { name: 'f', args: {} } }, 'content', { hasToken: true }],
  [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }, 'content', { hasToken: true }],
  [{ executableCode: { code: 'print()' } }, 'content', {}],
  [{ text: '' }, 'quiet', {}],
  [{ text: '', thoughtSignature: 'x' }, 'quiet', {}],
]

for (const [part, kind, { hasToken = false, hasReasoning = false }] of PARTS)
  test(`${kind}: ${JSON.stringify(part)}`, () => {
    const { kinds, reading } = read(chunk([part]))
    assert.deepEqual(kinds, [kind])
    assert.equal(reading.hasToken, hasToken)
    assert.equal(reading.hasReasoning, hasReasoning)
    assert.equal(reading.model, 'g')
    assert.equal(reading.answerId, 'r')
  })

test('input holds the prompt and what tools added, output the answer and its reasoning', () => {
  const { reading } = read(
    chunk([{ text: 'Hi' }], 'STOP', {
      promptTokenCount: 50,
      toolUsePromptTokenCount: 100,
      cachedContentTokenCount: 30,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 20,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 40 },
        { modality: 'AUDIO', tokenCount: 10 },
      ],
      candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 3 }],
    }),
  )
  assert.deepEqual(reading.usage, {
    input: 150,
    cacheRead: 30,
    output: 27,
    reasoning: 20,
    audioInput: 10,
    audioOutput: 3,
  })
  assert.equal(reading.isUsageFinal, true)
})

test('the last explicit count wins, also when it shrinks; absent leaves the earlier one', () => {
  const { reading } = read(
    chunk([{ text: 'a' }], undefined, { promptTokenCount: 9, candidatesTokenCount: 12, thoughtsTokenCount: 5 }),
    chunk([{ text: 'b' }], undefined, { candidatesTokenCount: 4, thoughtsTokenCount: 0 }),
    chunk([{ text: 'c' }], undefined, { trafficType: 'ON_DEMAND' }),
  )
  assert.deepEqual(reading.usage, { input: 9, output: 4, reasoning: 0 })
  assert.equal(reading.isUsageFinal, false)
})

test('the last finish of a candidate wins', () => {
  const { kinds, reading } = read(chunk([{ text: 'a' }], 'STOP'), chunk([], 'STOP'), {
    candidates: [{ finishReason: 'RECITATION', index: 0 }],
  })
  assert.deepEqual(kinds, ['content', 'content', 'content'])
  assert.deepEqual(reading.finish, { reason: 'filtered', raw: 'RECITATION' })
  assert.equal(reading.isFinished, true)
  assert.equal(reading.isTerminal, false)
})

test('every candidate that was opened must finish', () => {
  const both = (first?: string, second?: string) => ({
    candidates: [
      { index: 0, content: { parts: [{ text: 'a' }] }, finishReason: first },
      { index: 1, content: { parts: [{ text: 'b' }] }, finishReason: second },
    ],
  })
  assert.equal(read(both('STOP')).reading.isFinished, false)
  const { reading } = read(both(undefined, 'MAX_TOKENS'), both('STOP'))
  assert.equal(reading.isFinished, true)
  assert.deepEqual(reading.finish, { reason: 'stop', raw: 'STOP' })
})

test('a turn with a function call ends in tool calls', () => {
  const { reading } = read(chunk([{ functionCall: { name: 'f' } }]), chunk([{ text: '' }], 'STOP'))
  assert.deepEqual(reading.finish, { reason: 'tool-calls', raw: 'STOP' })
})

test('a blocked prompt is finished, filtered', () => {
  const { kinds, reading } = read({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 4 } })
  assert.deepEqual(kinds, ['content'])
  assert.deepEqual(reading.finish, { reason: 'filtered', raw: 'SAFETY' })
  assert.equal(reading.isFinished, true)
  assert.deepEqual(reading.usage, { input: 4 })
  assert.equal(reading.isUsageFinal, true)
})

test('a feedback that blocks nothing says nothing', () => {
  const { kinds, reading } = read({ promptFeedback: { safetyRatings: [] }, candidates: [{ content: {}, index: 0 }] })
  assert.deepEqual(kinds, ['quiet'])
  assert.equal(reading.isFinished, false)
})

test('an error that the SDK would read over is a foreign failure', () => {
  for (const error of ['Broken', { message: 'Broken' }]) {
    const { kinds, reading } = read({ error })
    assert.deepEqual(kinds, ['foreign-failure'])
    assert.equal(reading.failure?.message, 'Broken')
  }
})

test('an error object is a failure, with what it says about waiting', () => {
  const { kinds, reading } = read(chunk([{ text: 'a' }], undefined, { promptTokenCount: 2 }), {
    error: {
      code: 429,
      message: 'Quota exceeded',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.07s' }],
    },
  })
  assert.deepEqual(kinds, ['content', 'failure'])
  assert.deepEqual(reading.failure, {
    code: 'rate-limited',
    status: 429,
    message: 'Quota exceeded',
    retryAfterMs: 34070,
    raw: { type: 'RESOURCE_EXHAUSTED' },
  })
  assert.deepEqual(reading.usage, { input: 2 })
})

test('a whole answer is read from its members', () => {
  const reading = whole.read({
    ...chunk([{ text: 'Hi' }], 'MAX_TOKENS', { promptTokenCount: 2, candidatesTokenCount: 1 }),
  })
  assert.deepEqual(reading.finish, { reason: 'length', raw: 'MAX_TOKENS' })
  assert.deepEqual(reading.usage, { input: 2, output: 1 })
  assert.equal(reading.isUsageFinal, true)
  assert.equal(reading.isFinished, true)
})

test('a whole body that is an error is no success', () => {
  const reading = whole.read({ error: { code: 404, message: 'No', status: 'NOT_FOUND' } })
  assert.equal(reading.failure?.code, 'not-found')
  assert.equal(reading.isFinished, false)
})
