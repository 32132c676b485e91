import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Effort, Losses, type Request } from '../model/index.ts'
import { acceptedReasoning, effortOf, isReasoningModel, withoutRefused } from './reasoning-models.ts'

const ASKED: Request = {
  model: 'mill',
  stream: false,
  instructions: [],
  turns: [],
  tools: [],
  sampling: { temperature: 0.2, topP: 0.9, topK: 5, presencePenalty: 0.5, frequencyPenalty: 0 },
  stop: ['###'],
  logprobs: { top: 2 },
}

const ALL = [
  '/sampling/temperature no-slot',
  '/sampling/topP no-slot',
  '/logprobs no-slot',
  '/sampling/presencePenalty no-slot',
  '/sampling/frequencyPenalty cosmetic',
  '/stop no-slot',
]

function refusedFor(model: string, effort?: Effort): readonly string[] {
  const losses = new Losses()
  withoutRefused(ASKED, model, effort, losses)
  return losses.all.map(({ path, reason }) => `${path} ${reason}`)
}

test('models that reason are not asked for what they refuse, wherever they are hosted', () => {
  for (const model of ['o3', 'o4-mini', 'gpt-5', 'gpt-5-mini-2025-08-07', 'openai/gpt-5.1', 'azure.gpt-6', 'gpt-10'])
    assert.deepEqual(refusedFor(model), ALL, model)
  for (const model of ['grok-4', 'x-ai/grok-4-fast-reasoning']) assert.deepEqual(refusedFor(model), ALL.slice(3), model)
  assert.deepEqual(refusedFor('deepseek-reasoner'), ['/logprobs no-slot'])
})

test('others are asked for everything', () => {
  const models = [
    'gpt-4o',
    'gpt-4.1',
    'gpt-5-chat-latest',
    'gpt-oss-120b',
    'grok-4-fast-non-reasoning',
    'my-o3',
    'mill',
  ]
  for (const model of models) assert.deepEqual(refusedFor(model), [], model)
})

test('some take a choice of tokens once they do not reason', () => {
  assert.deepEqual(refusedFor('gpt-5.1', 'none'), ALL.slice(3))
  assert.deepEqual(refusedFor('gpt-5.4-mini', 'none'), ALL.slice(3))
  for (const model of ['gpt-5', 'o3', 'gpt-6', 'gpt-6.1']) assert.deepEqual(refusedFor(model, 'none'), ALL, model)
  assert.deepEqual(refusedFor('gpt-5.1', 'low'), ALL)
})

test('what is left out is left out, and nothing else', () => {
  const { sampling, stop, logprobs } = withoutRefused(ASKED, 'gpt-5', undefined, new Losses())
  assert.equal(JSON.stringify({ sampling, stop, logprobs }), '{"sampling":{"topK":5}}')
  const losses = new Losses()
  withoutRefused({ ...ASKED, sampling: { temperature: 1, topP: 1 }, stop: [] }, 'gpt-5', undefined, losses)
  assert.deepEqual(
    losses.all.map(({ path, reason }) => `${path} ${reason}`),
    ['/sampling/temperature cosmetic', '/sampling/topP cosmetic', '/logprobs no-slot'],
  )
})

test('who does not reason is not told how much', () => {
  const losses = new Losses()
  assert.equal(acceptedReasoning({ effort: 'high', summary: 'auto' }, 'gpt-4o', losses), undefined)
  assert.equal(acceptedReasoning({ enabled: false }, 'gpt-4.1-mini', losses), undefined)
  assert.deepEqual(
    losses.all.map(({ path, reason }) => `${path} ${reason}`),
    ['/reasoning/effort no-slot', '/reasoning/summary no-slot', '/reasoning/enabled cosmetic'],
  )
  assert.equal(acceptedReasoning({ effort: 'high' }, 'models/gemini-2.0-flash', losses), undefined)
  for (const model of ['gpt-5', 'gemini-2.5-flash', 'gemini-2.0-flash-thinking-exp', 'mill', undefined])
    assert.deepEqual(acceptedReasoning({ effort: 'high' }, model, new Losses()), { effort: 'high' })
})

test('a budget is the nearest effort', () => {
  assert.deepEqual([1024, 4097, 100_000].map(effortOf), ['low', 'medium', 'high'])
  assert.ok(isReasoningModel('grok-4') && isReasoningModel('codex-mini-latest') && !isReasoningModel('gpt-4o'))
})
