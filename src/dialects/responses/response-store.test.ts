import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Losses, type Part, type Seal, type Turn, wrapParts } from '../../model/index.ts'
import type { Wire } from '../value.ts'
import { carrySealsOf } from './carrier.ts'
import { rememberAnswer, withHistory } from './history.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { MemoryResponseStore } from './response-store.ts'

const said = (text: string): Turn => ({ role: 'assistant', parts: [{ kind: 'text', text }] })
const stored = (text: string) => ({ instructions: [], turns: [said(text)] })

test('an answer is found by its owner alone', () => {
  const store = new MemoryResponseStore()
  store.put('a', 'resp_1', stored('Mehl'))
  assert.deepEqual(store.get('a', 'resp_1'), stored('Mehl'))
  assert.equal(store.get('b', 'resp_1'), undefined)
})

test('the longest unused answers are forgotten first', () => {
  const store = new MemoryResponseStore({ maxResponses: 2 })
  store.put('a', '1', stored('x'))
  store.put('a', '2', stored('x'))
  store.get('a', '1')
  store.put('a', '3', stored('x'))
  assert.deepEqual(
    ['1', '2', '3'].map(id => store.get('a', id) !== undefined),
    [true, false, true],
  )
})

test('answers are held no longer, and are no larger together, than the limits say', () => {
  let now = 0
  const store = new MemoryResponseStore({ maxAgeMs: 10, maxCharacters: 200, now: () => now })
  store.put('a', '1', stored('x'.repeat(60)))
  store.put('a', '2', stored('x'.repeat(60)))
  assert.equal(store.get('a', '1'), undefined)
  store.put('a', '3', stored('x'.repeat(500)))
  assert.equal(store.get('a', '3'), undefined)
  now = 11
  assert.equal(store.get('a', '2'), undefined)
  assert.equal(store.size, 0)
})

const ANSWER: Wire = {
  id: 'resp_1',
  status: 'completed',
  output: [
    { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAA' },
    { id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Two sacks' }] },
  ],
}
const ORIGIN = { owner: 'a', issuer: 'https://up.test' }

function ask(body: Wire, store: MemoryResponseStore, owner = 'a') {
  return withHistory(decodeRequest({ model: 'm', ...body }), owner, store)
}

test('a request goes on where the answer that it names ended', () => {
  const store = new MemoryResponseStore()
  const first = ask(
    {
      instructions: 'Be brief',
      input: [
        { role: 'developer', content: 'Mill' },
        { role: 'user', content: 'How many?' },
      ],
    },
    store,
  )
  rememberAnswer(first, ANSWER, ORIGIN, store)
  const second = ask({ previous_response_id: 'resp_1', input: 'Sure?' }, store)
  const losses = new Losses()
  const { body } = encodeRequest(second, {
    model: 'm',
    stream: false,
    askUsage: false,
    issuer: ORIGIN.issuer,
    apiVersion: undefined,
    losses,
  })
  assert.deepEqual(body.input, [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Mill' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'How many?' }] },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Two sacks', annotations: [] }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Sure?' }] },
  ])
  assert.equal(body.previous_response_id, undefined)
  assert.equal(body.instructions, undefined)
})

test('an item that is only named is found', () => {
  const store = new MemoryResponseStore()
  rememberAnswer(ask({ input: 'How many?' }, store), ANSWER, ORIGIN, store)
  const { turns } = ask(
    { input: [{ type: 'item_reference', id: 'msg_1' }, { id: 'rs_1' }, { role: 'user', content: 'Sure?' }] },
    store,
  )
  assert.deepEqual(
    turns[0]?.parts.map(({ kind }) => kind),
    ['text', 'reasoning'],
  )
})

test('items that carry what a client cannot show are named like any other', () => {
  const store = new MemoryResponseStore()
  const seal: Seal = { dialect: 'gemini', issuer: ORIGIN.issuer, kind: 'signature', value: 'c2ln' }
  const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }
  const served: Part[] = [
    { kind: 'tool-call', callId: 's', name: 'web', runBy: 'provider', input: 'json', payload: '{}' },
    { kind: 'tool-result', callId: 's', failed: false, content: [], payload: '[]' },
  ]
  const output = [
    { ...call, id: 'fc_1' },
    { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: carrySealsOf('fc_1', [seal]) },
    { id: 'rs_2', type: 'reasoning', summary: [], encrypted_content: wrapParts(served) },
  ]
  rememberAnswer(ask({ input: 'How many?' }, store), { id: 'resp_1', status: 'completed', output }, ORIGIN, store)
  const named = (id: string) => ({ type: 'item_reference', id })
  for (const first of [call, named('fc_1')]) {
    const { turns } = ask({ input: [first, named('rs_1'), named('rs_2')] }, store)
    assert.deepEqual(
      turns[0]?.parts.map(({ kind, seals }) => [kind, seals]),
      [
        ['tool-call', [seal]],
        ['tool-call', undefined],
        ['tool-result', undefined],
      ],
    )
  }
})

test('what is not stored is a clear refusal', () => {
  const store = new MemoryResponseStore()
  const first = ask({ input: 'How many?', store: false }, store)
  rememberAnswer(first, ANSWER, ORIGIN, store)
  assert.equal(store.size, 0)
  rememberAnswer(ask({ input: 'x' }, store), { ...ANSWER, status: 'failed', error: { message: 'No' } }, ORIGIN, store)
  assert.equal(store.size, 0)
  assert.throws(() => ask({ previous_response_id: 'resp_1', input: 'x' }, store), {
    code: 'bad-request',
    message: 'Cannot honour `previous_response_id`: there is no answer "resp_1" here, or no longer',
  })
  assert.throws(() => ask({ input: [{ type: 'item_reference', id: 'msg_9' }] }, store), /item_reference/)
  assert.throws(() => ask({ conversation: 'conv_1', input: 'x' }, store), /Cannot honour `conversation`/)
})
