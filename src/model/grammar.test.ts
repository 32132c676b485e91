import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure } from '../errors.ts'
import type { BlockStart, StreamEvent } from './event.ts'
import { checkGrammar } from './grammar.ts'

const START: StreamEvent = { type: 'message-start', id: 'a', model: 'm' }
const TEXT = { type: 'block-start', index: 0, choice: 0, kind: 'text' } as const
const CALL = { type: 'block-start', index: 0, choice: 0, kind: 'tool-call' } as const
const END_BLOCK: StreamEvent = { type: 'block-end', index: 0 }
const END_CHOICE: StreamEvent = { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'stop' } }
const END: StreamEvent = { type: 'message-end' }
const ERROR: StreamEvent = { type: 'error', failure: failure('upstream', 'Broken') }
const SEAL: StreamEvent = {
  type: 'seal',
  index: 0,
  seal: { dialect: 'messages', issuer: 'up', kind: 'signature', value: 'x' },
}

const call: BlockStart = { ...CALL, callId: 'c', name: 'f', runBy: 'client', input: 'json' }
const reasoning: BlockStart = { ...TEXT, kind: 'reasoning', form: 'full' }
const media: BlockStart = { ...TEXT, kind: 'media', mediaType: 'image/png' }
const native: BlockStart = { ...TEXT, kind: 'native', native: { dialect: 'chat', members: {} } }

const LEGAL: Readonly<Record<string, readonly StreamEvent[]>> = {
  'an error alone': [ERROR],
  'an answer without candidates': [START, END],
  'a candidate without blocks': [START, END_CHOICE, END],
  'all deltas in blocks of their kind': [
    START,
    TEXT,
    { type: 'text-delta', index: 0, text: 'a' },
    { type: 'annotation', choice: 0, index: 0, annotation: { kind: 'url' } },
    { ...call, index: 1 },
    { type: 'payload-delta', index: 1, text: '{}' },
    { ...reasoning, index: 2 },
    { type: 'part-break', index: 2 },
    { ...media, index: 3, choice: 1 },
    { type: 'data-delta', index: 3, base64: 'AAAA' },
    SEAL,
    END_BLOCK,
    { type: 'block-end', index: 2 },
    { type: 'block-end', index: 1 },
    END_CHOICE,
    { type: 'ping' },
    { type: 'usage', usage: {} },
    { type: 'block-end', index: 3 },
    { type: 'annotation', choice: 1, annotation: { kind: 'url' } },
    { ...END_CHOICE, choice: 1 },
    END,
  ],
  'log probabilities without text': [
    START,
    TEXT,
    { type: 'text-delta', index: 0, text: '', logprobs: [{ token: '', logprob: 0 }] },
    END_BLOCK,
    ERROR,
  ],
  'an error in the place of the ends': [START, TEXT, END_BLOCK, ERROR],
  'blocks that an error has torn': [
    ...[START, TEXT, { ...call, index: 1 }],
    { type: 'block-end', index: 0, isTorn: true },
    { type: 'block-end', index: 1, isTorn: true },
    ERROR,
  ],
}

for (const [name, events] of Object.entries(LEGAL))
  test(`${name}: legal`, () => assert.equal(checkGrammar(events), undefined))

const ILLEGAL: readonly (readonly [wrong: string, events: readonly StreamEvent[]])[] = [
  ['no message-end and no error', []],
  ['no message-end and no error', [START]],
  ['event 0: ping before message-start', [{ type: 'ping' }, START, END]],
  ['event 1: a second message-start', [START, START, END]],
  ['event 2: ping after the end', [START, END, { type: 'ping' }]],
  ['event 1: error after the end', [ERROR, ERROR]],
  ['event 1: block 1 in the place of 0', [START, { ...TEXT, index: 1 }]],
  ['event 3: block 0 in the place of 1', [START, TEXT, END_BLOCK, TEXT]],
  ['event 2: block 0 after the end of candidate 0', [START, END_CHOICE, TEXT]],
  ['event 2: an empty text-delta', [START, TEXT, { type: 'text-delta', index: 0, text: '' }]],
  ['event 2: an empty payload-delta', [START, call, { type: 'payload-delta', index: 0, text: '' }]],
  ['event 2: an empty data-delta', [START, media, { type: 'data-delta', index: 0, base64: '' }]],
  ['event 2: text-delta for a tool-call block', [START, call, { type: 'text-delta', index: 0, text: 'a' }]],
  ['event 2: payload-delta for a text block', [START, TEXT, { type: 'payload-delta', index: 0, text: 'a' }]],
  ['event 2: data-delta for a native block', [START, native, { type: 'data-delta', index: 0, base64: 'a' }]],
  ['event 2: part-break for a text block', [START, TEXT, { type: 'part-break', index: 0 }]],
  ['event 1: text-delta for block 0, which is not open', [START, { type: 'text-delta', index: 0, text: 'a' }]],
  ['event 1: part-break for block 0, which is not open', [START, { type: 'part-break', index: 0 }]],
  ['event 3: seal for block 0, which is not open', [START, TEXT, END_BLOCK, SEAL]],
  ['event 3: a second signature seal of block 0', [START, reasoning, SEAL, SEAL]],
  ['event 3: message-end after a torn block', [START, TEXT, { type: 'block-end', index: 0, isTorn: true }, END]],
  ['event 1: block-end for block 0, which is not open', [START, END_BLOCK]],
  [
    'event 2: annotation for a reasoning block',
    [START, reasoning, { type: 'annotation', choice: 0, index: 0, annotation: { kind: 'url' } }],
  ],
  [
    'event 2: annotation of candidate 1 for a block of candidate 0',
    [START, TEXT, { type: 'annotation', choice: 1, index: 0, annotation: { kind: 'url' } }],
  ],
  [
    'event 2: annotation after the end of candidate 0',
    [START, END_CHOICE, { type: 'annotation', choice: 0, annotation: { kind: 'url' } }],
  ],
  ['event 2: choice-end of candidate 0 while block 0 is open', [START, TEXT, END_CHOICE]],
  ['event 2: a second choice-end of candidate 0', [START, END_CHOICE, END_CHOICE]],
  ['event 2: the end while block 0 is open', [START, TEXT, ERROR]],
  ['event 3: message-end without a choice-end of candidate 0', [START, TEXT, END_BLOCK, END]],
]

for (const [wrong, events] of ILLEGAL) test(`illegal: ${wrong}`, () => assert.equal(checkGrammar(events), wrong))
