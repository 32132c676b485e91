import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FinishReason, finishOf, Losses, type Usage } from '../../model/index.ts'
import {
  FAILURE_TYPES,
  FAILURE_WORDS,
  FINISHES,
  isAdaptive,
  loseUsage,
  readFullUsage,
  stopReasonOf,
  takesEffort,
  toTotals,
  usageToWire,
} from './tables.ts'

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

const WORDS: Readonly<Record<FinishReason, string | null>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
  filtered: 'refusal',
  paused: 'pause_turn',
  other: null,
}

test('every finish has its word', () => {
  for (const [reason, word] of Object.entries(WORDS)) {
    assert.equal(stopReasonOf({ reason: reason as FinishReason, raw: undefined }), word)
    if (reason !== 'other') assert.equal(stopReasonOf({ reason: reason as FinishReason, raw: 'STOP' }), word)
  }
  assert.equal(stopReasonOf({ reason: 'stop', raw: 'stop', stopSequence: 'x' }), 'stop_sequence')
  assert.equal(stopReasonOf({ reason: 'other', raw: 'NOVELTY' }), 'NOVELTY')
  for (const raw of Object.keys(FINISHES)) assert.equal(stopReasonOf(finishOf(FINISHES, raw)), raw)
})

test('a usage comes back from the wire', () => {
  const usages: Usage[] = [
    { input: 10, output: 2 },
    {
      input: 30,
      cacheRead: 10,
      cacheWrite: 5,
      cacheWrite1h: 2,
      output: 4,
      reasoning: 3,
      serverTools: { web_search_requests: 1 },
    },
    { output: 4, native: { dialect: 'messages', members: { inference_geo: 'eu', speed: 'fast' } } },
  ]
  for (const usage of usages) {
    const said = JSON.parse(JSON.stringify(readFullUsage(usageToWire(usage, null)))) as Usage
    assert.deepEqual(toTotals(said), usage)
  }
})

test('breakdowns that hold more than their counts are kept whole', () => {
  const cache_creation = { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2, ephemeral_1d_input_tokens: 3 }
  const wire = { input_tokens: 1, cache_creation_input_tokens: 6, cache_creation, output_tokens: 1 }
  const usage = readFullUsage(wire)
  assert.deepEqual(usage.native, { dialect: 'messages', members: { cache_creation } })
  assert.deepEqual(usageToWire(toTotals(usage as Usage), null).cache_creation, cache_creation)
})

test('what a usage cannot say is lost', () => {
  const losses = new Losses()
  const byModel = [{ model: 'a', usage: { input: 1 } }]
  const native = { dialect: 'chat', members: { x: 1 } } as const
  loseUsage({ input: 1, cacheRead: 2, audioInput: 1, audioOutput: 1, reportedCostUsd: 0.1, byModel, native }, losses)
  assert.deepEqual(
    losses.all.map(({ path }) => path),
    [
      '/usage/audioInput',
      '/usage/audioOutput',
      '/usage/reportedCostUsd',
      '/usage/input',
      '/usage/native/members/x',
      '/usage/byModel',
    ],
  )
})

test('which models think as much as they want', () => {
  const adaptive = [
    'claude-opus-4-6',
    'claude-sonnet-4.6',
    'us.anthropic.claude-opus-4-8-v1',
    'claude-haiku-5-5',
    'claude-fable-5',
    'claude-mythos-preview',
  ]
  const budget = [
    'claude-opus-4-5-20251101',
    'claude-sonnet-4-20250514',
    'claude-3-7-sonnet-latest',
    'kimi-k3',
    undefined,
  ]
  for (const model of adaptive) assert.ok(isAdaptive(model) && takesEffort(model), model)
  for (const model of budget) assert.ok(!isAdaptive(model), String(model))
  assert.equal(takesEffort('claude-opus-4-5-20251101'), true)
})
