import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part, ReasoningPart, Seal, TextPart, ToolCallPart } from '../model/index.ts'
import { isBare, putBack, type Slot } from './put-back.ts'

const SEAL: Seal = { dialect: 'messages', issuer: 'https://up.test', kind: 'signature', value: 'EqQB' }

function thought(text: string, ...seals: readonly Seal[]): ReasoningPart {
  return { kind: 'reasoning', form: 'full', texts: [text], seals }
}

function text(text: string): TextPart {
  return { kind: 'text', text }
}

function call(callId: string): ToolCallPart {
  return { kind: 'tool-call', callId, name: 'look', runBy: 'client', input: 'json', payload: '{}' }
}

const KEPT: Slot = { kind: 'kept', part: thought('Hm', SEAL) }
const MORE: Slot = { kind: 'kept', part: thought('Well', SEAL) }
const textSlot = (length: number, ...seals: readonly Seal[]): Slot => ({ kind: 'text', length, seals })
const callSlot = (callId: string, ...seals: readonly Seal[]): Slot => ({ kind: 'call', callId, seals })

const cases: readonly { what: string; turn: readonly Part[]; slots: readonly Slot[]; becomes: readonly Part[] }[] = [
  {
    what: 'reasoning stands before the text again',
    turn: [text('Yes')],
    slots: [KEPT, textSlot(3)],
    becomes: [thought('Hm', SEAL), text('Yes')],
  },
  {
    what: 'one text is cut where reasoning stood between two',
    turn: [{ ...text('Yes, but no'), cache: {} }],
    slots: [textSlot(4), KEPT, textSlot(7)],
    becomes: [text('Yes,'), thought('Hm', SEAL), { ...text(' but no'), cache: {} }],
  },
  {
    what: 'texts that are apart stay what they are',
    turn: [{ ...text('Yes,'), cache: {} }, text(' but no')],
    slots: [textSlot(4), KEPT, textSlot(7, SEAL)],
    becomes: [{ ...text('Yes,'), cache: {} }, thought('Hm', SEAL), { ...text(' but no'), seals: [SEAL] }],
  },
  {
    what: 'a text that was trimmed is not cut and carries no seal',
    turn: [text('Yes, but')],
    slots: [textSlot(4, SEAL), KEPT, textSlot(5, SEAL)],
    becomes: [text('Yes, but'), thought('Hm', SEAL)],
  },
  {
    what: 'calls get their seals, in the order they had',
    turn: [text('Yes'), call('1'), call('2')],
    slots: [KEPT, callSlot('1', SEAL), MORE, textSlot(3), callSlot('2')],
    becomes: [thought('Hm', SEAL), { ...call('1'), seals: [SEAL] }, thought('Well', SEAL), text('Yes'), call('2')],
  },
  {
    what: 'reasoning without its seal gives way to the one that has it',
    turn: [thought('Hm'), text('Yes')],
    slots: [KEPT, textSlot(3)],
    becomes: [thought('Hm', SEAL), text('Yes')],
  },
  {
    what: 'reasoning of which nothing is remembered stays',
    turn: [thought('Hm'), call('1')],
    slots: [callSlot('1', SEAL)],
    becomes: [thought('Hm'), { ...call('1'), seals: [SEAL] }],
  },
  {
    what: 'what the client has added stands before the calls',
    turn: [text('Looking'), { kind: 'refusal', text: 'No' }, call('1')],
    slots: [KEPT, callSlot('1')],
    becomes: [thought('Hm', SEAL), text('Looking'), { kind: 'refusal', text: 'No' }, call('1')],
  },
  {
    what: 'no text is lost when there is none to put back',
    turn: [call('1')],
    slots: [KEPT, textSlot(3, SEAL), callSlot('1')],
    becomes: [thought('Hm', SEAL), call('1')],
  },
]

for (const { what, turn, slots, becomes } of cases)
  test(`putBack: ${what}`, () => assert.deepEqual(putBack(turn, slots), becomes))

test('a turn is bare without seals of ours and without what a provider ran', () => {
  const ownSlot: Seal = { dialect: 'chat', issuer: '', kind: 'signature', value: 'slot:reasoning_content' }
  assert.equal(isBare([thought('Hm', ownSlot), text('Yes'), call('1')]), true)
  assert.equal(isBare([thought('Hm', SEAL), text('Yes')]), false)
  assert.equal(isBare([{ ...call('1'), runBy: 'provider' }]), false)
  assert.equal(isBare([{ kind: 'tool-result', callId: '1', failed: false, content: [], payload: '{}' }]), false)
})
