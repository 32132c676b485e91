import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyStream } from '../../test/hub/generated.ts'
import { fromUtf8, toBase64Url } from '../bytes.ts'
import { foldEvents } from './fold.ts'
import type { Part } from './part.ts'
import type { Seal } from './seal.ts'
import { isWrapped, unwrapParts, unwrapSeal, WRAPPED_TAG, wrapParts, wrapSeal } from './wrap.ts'

const SEAL: Seal = { dialect: 'messages', issuer: 'https://api.anthropic.com', kind: 'signature', value: 'EqQB/+=' }

const text = fc.string({ unit: 'binary', maxLength: 20 })
const seals: fc.Arbitrary<Seal> = fc
  .record({
    dialect: fc.constantFrom('chat', 'responses', 'messages', 'gemini'),
    issuer: text,
    kind: fc.constantFrom('signature', 'encrypted'),
    value: text,
    id: fc.option(text, { nil: undefined }),
  })
  .map(({ id, ...seal }) => (id === undefined ? seal : { ...seal, id }))

const parts: fc.Arbitrary<readonly Part[]> = anyStream({ natives: 'messages', seals: SEAL, failing: true }).map(
  stream => JSON.parse(JSON.stringify(foldEvents(stream).candidates.flatMap(({ parts }) => parts))),
)

test('a seal comes back as it was', () => {
  fc.assert(fc.property(seals, seal => assert.deepEqual(unwrapSeal(wrapSeal(seal)), seal)))
})

test('parts come back as they were', () => {
  fc.assert(fc.property(parts, parts => assert.deepEqual(unwrapParts(wrapParts(parts)), parts)))
})

test('what is wrapped is one word that begins with the tag', () => {
  fc.assert(
    fc.property(seals, parts, (seal, parts) => {
      for (const wrapped of [wrapSeal(seal), wrapParts(parts)]) {
        assert.match(wrapped, /^[\w.-]+$/)
        assert.ok(wrapped.startsWith(WRAPPED_TAG))
        assert.ok(isWrapped(wrapped))
      }
    }),
  )
})

test('every other text is not wrapped', () => {
  const wrapped = wrapSeal(SEAL)
  const tagged = (value: unknown) => `mr1s.${toBase64Url(fromUtf8(JSON.stringify(value)))}`
  const others = [
    '',
    'mr1',
    'mr1s.',
    'mr1p.',
    'EqQBCgIYAhIM',
    ` ${wrapped}`,
    `${wrapped} `,
    `${wrapped}=`,
    `${wrapped}AAAA`,
    wrapped.slice(0, -1),
    wrapped.replace('mr1s', 'mr2s'),
    tagged(null),
    tagged({}),
    tagged(['messages', 'up', 'signature']),
    tagged(['messages', 'up', 'signature', 1]),
    tagged(['messages', 'up', 'other', 'x']),
    tagged(['messages', 'up', 'signature', 'x', null]),
    tagged(['messages', 'up', 'signature', 'x', 'id', 'more']),
    tagged(['mistral', 'up', 'signature', 'x']),
  ]
  for (const other of others) assert.equal(isWrapped(other), false, other)
  fc.assert(fc.property(text, other => assert.equal(isWrapped(other), false)))
})

test('parts that a client made up must have what parts of their kind have', () => {
  const made: readonly unknown[] = [
    [null],
    ['text'],
    [{}],
    [{ kind: 'toString' }],
    [{ kind: 'text' }],
    [{ kind: 'text', text: 1 }],
    [{ kind: 'text', text: '', seals: [{}] }],
    [{ kind: 'text', text: '', native: { dialect: 'chat' } }],
    [{ kind: 'reasoning', form: 'full', texts: [1] }],
    [{ kind: 'media', mediaType: 'image/png', source: { type: 'base64' } }],
    [{ kind: 'media', mediaType: 'image/png', source: { type: 'disk', path: '/' } }],
    [{ kind: 'tool-call', callId: 'c', name: 'f', runBy: 'client', input: 'json' }],
    [{ kind: 'tool-call', callId: 'c', name: 'f', runBy: 'me', input: 'json', payload: '' }],
    [{ kind: 'tool-result', callId: 'c', failed: 'no', content: [] }],
    [{ kind: 'tool-result', callId: 'c', failed: false, content: [{ kind: 'text' }] }],
    [nested(1000)],
    [{ kind: 'native' }],
  ]
  for (const parts of made)
    assert.equal(unwrapParts(wrapParts(parts as Part[])), undefined, JSON.stringify(parts).slice(0, 99))
})

test('a seal is not taken for parts, nor parts for a seal', () => {
  assert.equal(unwrapParts(wrapSeal(SEAL)), undefined)
  assert.equal(unwrapSeal(wrapParts([])), undefined)
})

/** Results within results. */
function nested(depth: number): Part {
  let part: Part = { kind: 'text', text: '' }
  for (let at = 0; at < depth; at++) part = { kind: 'tool-result', callId: 'c', failed: false, content: [part] }
  return part
}
