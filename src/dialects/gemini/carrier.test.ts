import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part, Seal } from '../../model/index.ts'
import { BREAK_TEXT, meaningOf, openingText, partsText, readSignature, sealText } from './carrier.ts'

const FOREIGN: Seal = {
  dialect: 'responses',
  issuer: 'https://a.test',
  kind: 'encrypted',
  value: 'gAAA?>~',
  id: 'rs_1',
}
const OWN: Seal = { dialect: 'gemini', issuer: 'g', kind: 'signature', value: 'CiwBjz1r+/==' }

/** The alphabet that Google's Python client writes bytes in. */
function inOtherAlphabet(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_')
}

test('Google’s tokens stay as they are', () => {
  assert.equal(sealText(OWN, 'signature'), OWN.value)
  assert.deepEqual(readSignature(OWN.value, 'signature', 'g'), { type: 'seal', seal: OWN })
})

test('a token of Google’s that is out of its place is wrapped', () => {
  const text = sealText(OWN, 'encrypted')
  assert.notEqual(text, OWN.value)
  assert.deepEqual(readSignature(text, 'encrypted', 'other'), { type: 'seal', seal: OWN })
})

test('seals of others are base64, and come back from clients that write it otherwise', () => {
  const text = sealText(FOREIGN, 'signature')
  assert.match(text, /^[A-Za-z0-9+/]+=*$/)
  assert.equal(text.length % 4, 0)
  for (const back of [text, inOtherAlphabet(text), text.replaceAll('=', '')])
    assert.deepEqual(readSignature(back, 'signature', 'g'), { type: 'seal', seal: FOREIGN })
})

test('parts come back as they were', () => {
  const parts: readonly Part[] = [{ kind: 'text', text: 'Mühle 🌾' }]
  assert.deepEqual(readSignature(inOtherAlphabet(partsText(parts)), 'signature', 'g'), { type: 'parts', parts })
})

test('what only looks like ours is somebody else’s', () => {
  for (const value of ['bXIx', 'bXIxcy5lMzA=', 'bXIx%%', 'mr1s.e30'])
    assert.deepEqual(readSignature(value, 'signature', 'g'), {
      type: 'seal',
      seal: { dialect: 'gemini', issuer: 'g', kind: 'signature', value },
    })
})

test('a reasoning part that holds nothing is the beginning of a block, or a break in one', () => {
  const meaning = (text: string) => {
    const signature = readSignature(text, 'signature', 'g')
    const [part] = signature.type === 'parts' ? signature.parts : []
    return part?.kind === 'reasoning' ? meaningOf(part) : undefined
  }
  assert.equal(meaning(openingText({ form: 'summary' })), 'opening')
  assert.equal(meaning(BREAK_TEXT), 'break')
  assert.equal(meaning(partsText([{ kind: 'reasoning', form: 'full', texts: [], seals: [FOREIGN] }])), 'part')
})
