import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyStream } from '../../test/hub/generated.ts'
import { failure } from '../errors.ts'
import type { StreamEvent } from './event.ts'
import { Fold, foldEvents } from './fold.ts'
import { checkGrammar } from './grammar.ts'
import type { Message } from './message.ts'
import { unfoldMessage } from './unfold.ts'

function unfolded(message: Message): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  unfoldMessage(message, event => events.push(event))
  return events
}

const SEAL = { dialect: 'messages', issuer: 'up', kind: 'signature', value: 'EqQB' } as const
const NATIVE = { dialect: 'messages', members: { a: 1 } } as const

test('deltas of interleaved blocks come together, each block where it opened', () => {
  const call = { kind: 'tool-call', name: 'f', runBy: 'client', input: 'json' } as const
  assert.deepEqual(
    foldEvents([
      { type: 'message-start', id: 'a', model: 'm', createdAt: 7, serviceTier: 'default', native: NATIVE },
      { type: 'block-start', index: 0, choice: 0, kind: 'text' },
      { type: 'block-start', index: 1, choice: 0, ...call, callId: 'c1', item: 'i' },
      { type: 'text-delta', index: 0, text: '\ud83c' },
      { type: 'block-start', index: 2, choice: 0, ...call, callId: 'c2' },
      { type: 'payload-delta', index: 2, text: '{' },
      { type: 'payload-delta', index: 1, text: '[]' },
      { type: 'text-delta', index: 0, text: '\udf3e', logprobs: [{ token: 'x', logprob: -1 }] },
      { type: 'annotation', choice: 0, index: 0, annotation: { kind: 'url', url: 'u' } },
      { type: 'annotation', choice: 0, annotation: { kind: 'file', fileId: 'f' } },
      { type: 'payload-delta', index: 2, text: '}' },
      { type: 'block-end', index: 0 },
      { type: 'block-end', index: 1 },
      { type: 'block-end', index: 2 },
      { type: 'usage', usage: { input: 1, output: 0 } },
      { type: 'usage', usage: { output: 2 } },
      { type: 'choice-end', choice: 0, finish: { reason: 'tool-calls', raw: 'tool_calls' } },
      { type: 'message-end', native: { dialect: 'messages', members: { b: 2 } } },
    ]),
    {
      id: 'a',
      model: 'm',
      createdAt: 7,
      serviceTier: 'default',
      candidates: [
        {
          index: 0,
          parts: [
            {
              kind: 'text',
              text: '🌾',
              annotations: [{ kind: 'url', url: 'u' }],
              logprobs: [{ token: 'x', logprob: -1 }],
            },
            { ...call, callId: 'c1', payload: '[]', item: 'i' },
            { ...call, callId: 'c2', payload: '{}' },
          ],
          annotations: [{ kind: 'file', fileId: 'f' }],
          finish: { reason: 'tool-calls', raw: 'tool_calls' },
        },
      ],
      usage: { input: 1, output: 2 },
      native: { dialect: 'messages', members: { a: 1, b: 2 } },
    },
  )
})

test('reasoning keeps its parts, and without text its seal', () => {
  const start = { type: 'block-start', choice: 0, kind: 'reasoning', form: 'summary' } as const
  const { candidates } = foldEvents([
    { ...start, index: 0 },
    { type: 'text-delta', index: 0, text: 'one' },
    { type: 'part-break', index: 0 },
    { type: 'text-delta', index: 0, text: 'two' },
    { type: 'block-end', index: 0, native: NATIVE },
    { ...start, index: 1 },
    { type: 'seal', index: 1, seal: SEAL },
    { type: 'block-end', index: 1 },
  ])
  assert.deepEqual(candidates[0]?.parts, [
    { kind: 'reasoning', form: 'summary', texts: ['one', 'two'], native: NATIVE },
    { kind: 'reasoning', form: 'summary', texts: [], seals: [SEAL] },
  ])
})

test('candidates stand in order of their indices, whichever came first', () => {
  const { candidates } = foldEvents([
    { type: 'block-start', index: 0, choice: 2, kind: 'text' },
    { type: 'block-start', index: 1, choice: 0, kind: 'refusal' },
  ])
  assert.deepEqual(candidates, [
    { index: 0, parts: [{ kind: 'refusal', text: '' }] },
    { index: 2, parts: [{ kind: 'text', text: '' }] },
  ])
})

test('a failure is kept beside what came before it, with what was said natively', () => {
  const broken = failure('truncated', 'Cut')
  assert.deepEqual(foldEvents([{ type: 'error', failure: broken, native: NATIVE }]), {
    id: undefined,
    model: undefined,
    candidates: [],
    native: NATIVE,
    failure: broken,
  })
})

test('events that name blocks which nobody opened are left out', () => {
  const { candidates } = foldEvents([
    { type: 'text-delta', index: 0, text: 'a' },
    { type: 'seal', index: 1, seal: SEAL },
    { type: 'block-end', index: 2 },
  ])
  assert.deepEqual(candidates, [])
})

test('the length of what is held is known at any time', () => {
  const fold = new Fold()
  fold.push({ type: 'block-start', index: 0, choice: 0, kind: 'text' })
  fold.push({ type: 'text-delta', index: 0, text: 'four' })
  fold.push({ type: 'block-start', index: 1, choice: 0, kind: 'media', mediaType: 'image/png' })
  fold.push({ type: 'data-delta', index: 1, base64: 'AAAA' })
  assert.equal(fold.textLength, 8)
})

test('log probabilities may be as many as a long answer has tokens', () => {
  const logprobs = Array.from({ length: 300_000 }, () => ({ token: 'a', logprob: -1 }))
  const { candidates } = foldEvents([
    { type: 'block-start', index: 0, choice: 0, kind: 'text' },
    { type: 'text-delta', index: 0, text: 'a', logprobs },
  ])
  const [part] = candidates[0]?.parts ?? []
  assert.equal(part?.kind === 'text' && part.logprobs?.length, 300_000)
})

const streams = anyStream({
  natives: 'messages',
  seals: { dialect: 'messages', issuer: 'up' },
  candidates: 3,
  failing: true,
})

test('an unfolded answer folds to itself, and its stream is legal', () => {
  fc.assert(
    fc.property(streams, stream => {
      const message = foldEvents(stream)
      const events = unfolded(message)
      assert.equal(checkGrammar(events), undefined)
      assert.deepEqual(foldEvents(events), message)
    }),
    { numRuns: 1000 },
  )
})

test('generated streams are legal', () => {
  fc.assert(
    fc.property(streams, stream => assert.equal(checkGrammar(stream), undefined)),
    { numRuns: 1000 },
  )
})
