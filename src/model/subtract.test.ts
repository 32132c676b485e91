import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyStream } from '../../test/hub/generated.ts'
import { foldEvents } from './fold.ts'
import type { Loss } from './loss.ts'
import type { Message } from './message.ts'
import type { Request } from './request.ts'
import { subtract } from './subtract.ts'

const MESSAGE: Message = {
  id: 'a',
  model: 'm',
  candidates: [
    {
      index: 0,
      parts: [
        { kind: 'text', text: 'one ', annotations: [{ kind: 'url', url: 'u' }] },
        { kind: 'reasoning', form: 'full', texts: ['hm'], seals: [seal('a'), seal('b')] },
        { kind: 'text', text: 'two', annotations: [{ kind: 'url', url: 'v' }] },
        { kind: 'refusal', text: 'no' },
      ],
      finish: { reason: 'stop', raw: 'end_turn' },
    },
  ],
  usage: { input: 1, cacheRead: 0 },
  native: { dialect: 'messages', members: { a: 1, 'b/c~d': { usage: {} } } },
}

function seal(value: string) {
  return { dialect: 'messages', issuer: 'up', kind: 'signature', value } as const
}

function noSlot(...paths: readonly string[]): readonly Loss[] {
  return paths.map(path => ({ path, reason: 'no-slot' }))
}

test('a lost member is left out, and the whole is not touched', () => {
  const before = structuredClone(MESSAGE)
  const rest = subtract(MESSAGE, noSlot('/usage/cacheRead', '/candidates/0/finish/raw', '/native/members/b~1c~0d'))
  assert.deepEqual(rest, {
    ...MESSAGE,
    candidates: [{ ...MESSAGE.candidates[0], finish: { reason: 'stop' } }],
    usage: { input: 1 },
    native: { dialect: 'messages', members: { a: 1 } },
  })
  assert.deepEqual(MESSAGE, before)
})

test('items are counted as they stood before anything was lost', () => {
  const rest = subtract(
    MESSAGE,
    noSlot('/candidates/0/parts/0', '/candidates/0/parts/1/seals/0', '/candidates/0/parts/3'),
  )
  assert.deepEqual(rest.candidates[0]?.parts, [
    { kind: 'reasoning', form: 'full', texts: ['hm'], seals: [seal('b')] },
    { kind: 'text', text: 'two', annotations: [{ kind: 'url', url: 'v' }] },
  ])
})

test('what held nothing else goes with the last that it held', () => {
  const rest = subtract(
    MESSAGE,
    noSlot(
      '/usage/input',
      '/usage/cacheRead',
      '/native/members/a',
      '/native/members/b~1c~0d',
      '/candidates/0/parts/0/annotations/0',
      '/candidates/0/parts/1/seals/0',
      '/candidates/0/parts/1/seals/1',
    ),
  )
  assert.deepEqual(Object.keys(rest), ['id', 'model', 'candidates'])
  assert.deepEqual(rest.candidates[0]?.parts.slice(0, 2), [
    { kind: 'text', text: 'one ' },
    { kind: 'reasoning', form: 'full', texts: ['hm'] },
  ])
})

test('a part that lost its place stands at the end of the nearest one of its kind before it', () => {
  const rest = subtract(MESSAGE, [
    { path: '/candidates/0/parts/2', reason: 'order' },
    { path: '/candidates/0/parts/2/annotations', reason: 'no-slot' },
  ])
  assert.deepEqual(rest.candidates[0]?.parts, [
    { kind: 'text', text: 'one two', annotations: [{ kind: 'url', url: 'u' }] },
    { kind: 'reasoning', form: 'full', texts: ['hm'], seals: [seal('a'), seal('b')] },
    { kind: 'refusal', text: 'no' },
  ])
})

test('the lists of parts that come together do too', () => {
  const rest = subtract(MESSAGE, [{ path: '/candidates/0/parts/2', reason: 'order' }])
  assert.deepEqual(rest.candidates[0]?.parts[0], {
    kind: 'text',
    text: 'one two',
    annotations: [
      { kind: 'url', url: 'u' },
      { kind: 'url', url: 'v' },
    ],
  })
})

test('parts that lost their order among each other stand by kind', () => {
  const rest = subtract(MESSAGE, [
    { path: '/candidates/0/parts', reason: 'order' },
    { path: '/candidates/0/parts/2', reason: 'order' },
    { path: '/candidates/0/parts/1/seals', reason: 'no-slot' },
    { path: '/candidates/0/parts/2/annotations', reason: 'no-slot' },
  ])
  assert.deepEqual(rest.candidates[0]?.parts, [
    { kind: 'reasoning', form: 'full', texts: ['hm'] },
    { kind: 'text', text: 'one two', annotations: [{ kind: 'url', url: 'u' }] },
    { kind: 'refusal', text: 'no' },
  ])
})

test('a candidate is named by its index, not by its place', () => {
  const candidates = [
    { index: 1, parts: [{ kind: 'refusal', text: 'no' }] },
    { index: 4, parts: [] },
  ] as const
  const rest = subtract({ ...MESSAGE, candidates }, noSlot('/candidates/1/parts/0', '/candidates/4', '/candidates/0'))
  assert.deepEqual(rest.candidates, [{ index: 1, parts: [] }])
})

test('a refusal that lost its kind is text', () => {
  const rest = subtract(MESSAGE, noSlot('/candidates/0/parts/3/kind'))
  assert.deepEqual(rest.candidates[0]?.parts[3], { kind: 'text', text: 'no' })
})

test('paths that lead nowhere change nothing', () => {
  const paths = ['/nothing', '/candidates/7/parts/0', '/candidates/0/parts/-', '/id/deeper', '/usage/output']
  assert.deepEqual(subtract(MESSAGE, noSlot(...paths)), MESSAGE)
})

test('a request loses in the same way', () => {
  const request: Request = {
    model: 'm',
    stream: true,
    instructions: [],
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'a', cache: { ttl: '1h' } }] }],
    tools: [{ kind: 'function', name: 'f', strict: true }],
    sampling: { topK: 5 },
    reasoning: { budgetTokens: 9 },
  }
  const paths = ['/turns/0/parts/0/cache/ttl', '/tools/0', '/sampling/topK', '/reasoning/budgetTokens']
  assert.deepEqual(subtract(request, noSlot(...paths)), {
    model: 'm',
    stream: true,
    instructions: [],
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'a', cache: {} }] }],
    tools: [],
    sampling: {},
  })
})

test('without losses nothing changes', () => {
  const streams = anyStream({
    natives: 'chat',
    seals: { dialect: 'chat', issuer: '' },
    candidates: 2,
    failing: true,
  })
  fc.assert(
    fc.property(streams, stream => {
      const message = foldEvents(stream)
      assert.deepEqual(subtract(message, []), message)
      assert.deepEqual(subtract(message, noSlot('/candidates/9/parts/0')), message)
    }),
  )
})
