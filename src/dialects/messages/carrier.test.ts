import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Part, Seal } from '../../model/index.ts'
import { wrapParts } from '../../model/index.ts'
import { attachmentText, decodeCallId, encodeCallId, readCargo, readSeal, sealText } from './carrier.ts'

const OWN: Seal = { dialect: 'messages', issuer: 'https://a', kind: 'signature', value: 'sig' }
const FOREIGN: Seal = { dialect: 'responses', issuer: 'https://b', kind: 'encrypted', value: 'enc', id: 'rs_1' }

test('a seal of this dialect stands in its slot as it came', () => {
  assert.equal(sealText(OWN, 'signature'), 'sig')
  assert.deepEqual(readSeal('sig', 'signature', 'https://a'), OWN)
})

test('every other seal comes back whole', () => {
  assert.deepEqual(readSeal(sealText(FOREIGN, 'signature'), 'signature', 'https://a'), FOREIGN)
  assert.deepEqual(readSeal(sealText(OWN, 'encrypted'), 'encrypted', 'https://c'), OWN)
})

test('cargo is parts and attachments', () => {
  const part: Part = { kind: 'text', text: '', seals: [FOREIGN] }
  assert.deepEqual(readCargo(wrapParts([part])), { parts: [part], attachments: [] })
  for (const callId of ['c1', undefined])
    assert.deepEqual(readCargo(attachmentText({ callId, seals: [FOREIGN] })), {
      parts: [],
      attachments: [{ callId, seals: [FOREIGN] }],
    })
})

test('what does not hold together is no cargo', () => {
  const bad: unknown[] = [
    { kind: 'reasoning', form: 'full', texts: [] },
    { kind: 'text', text: 5 },
    { kind: 'text', text: '', seals: [{}] },
    { kind: 'native' },
    { kind: 'tool-call', callId: 'a' },
    { kind: 'tool-result', callId: 'a' },
    { kind: 'native', native: { dialect: 'messages', members: null } },
  ]
  for (const part of bad) assert.equal(readCargo(wrapParts([part as Part])), undefined, JSON.stringify(part))
  assert.equal(readCargo('EpwBCioIDxgC'), undefined)
})

test('every call id is legal and comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), id => {
      const encoded = encodeCallId(id)
      assert.match(encoded, /^[a-zA-Z0-9_-]+$/)
      assert.equal(decodeCallId(encoded), id)
    }),
  )
  assert.equal(encodeCallId('toolu_01'), 'toolu_01')
  assert.equal(decodeCallId(encodeCallId('mr1id_x')), 'mr1id_x')
})
