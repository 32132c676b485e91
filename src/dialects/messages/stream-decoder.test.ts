import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure } from '../../errors.ts'
import { checkGrammar, foldEvents, type StreamEvent, wrapParts, wrapSeal } from '../../model/index.ts'
import { attachmentText } from './carrier.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'

const ISSUER = 'https://a'

/** Decodes events that say their type in their data only. */
function decode(...data: unknown[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = new MessagesStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  for (const event of data) decoder.push({ data: typeof event === 'string' ? event : JSON.stringify(event) })
  decoder.end()
  assert.equal(checkGrammar(events), undefined)
  return events
}

const partsOf = (events: readonly StreamEvent[]) => foldEvents(events).candidates[0]?.parts

const START = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude', usage: { input_tokens: 9, output_tokens: 1 } },
}
const end = (stop_reason: string | null, more = {}, usage: unknown = { output_tokens: 5 }) => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null, ...more },
  usage,
})
const STOP = { type: 'message_stop' }
const open = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block })
const delta = (index: number, delta: object) => ({ type: 'content_block_delta', index, delta })
const close = (index: number) => ({ type: 'content_block_stop', index })
const whole = (index: number, block: object) => [open(index, block), close(index)]

test('a plain answer', () => {
  const events = decode(
    START,
    open(0, { type: 'text', text: '' }),
    { type: 'ping' },
    delta(0, { type: 'text_delta', text: 'Hi' }),
    close(0),
    end('end_turn'),
    STOP,
  )
  assert.deepEqual(events, [
    { type: 'message-start', id: 'msg_1', model: 'claude' },
    { type: 'usage', usage: { input: 9, output: 1 } },
    { type: 'block-start', index: 0, kind: 'text', choice: 0 },
    { type: 'ping' },
    { type: 'text-delta', index: 0, text: 'Hi' },
    { type: 'block-end', index: 0 },
    { type: 'usage', usage: { input: 9, output: 5 } },
    { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'end_turn' } },
    { type: 'message-end' },
  ])
})

test('content in the start of a block counts', () => {
  const parts = partsOf(
    decode(
      START,
      ...whole(0, { type: 'thinking', thinking: 'Hm', signature: 'sig' }),
      ...whole(1, {
        type: 'text',
        text: 'Hi',
        citations: [{ type: 'char_location', cited_text: 'q', document_index: 0 }],
      }),
      ...whole(2, { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }),
      ...whole(3, { type: 'tool_use', id: 'b', name: 'f', input: {} }),
      end('tool_use'),
    ),
  )
  assert.deepEqual(parts, [
    {
      kind: 'reasoning',
      form: 'full',
      texts: ['Hm'],
      seals: [{ dialect: 'messages', issuer: ISSUER, kind: 'signature', value: 'sig' }],
    },
    {
      kind: 'text',
      text: 'Hi',
      annotations: [
        {
          kind: 'document',
          quote: 'q',
          native: { dialect: 'messages', members: { type: 'char_location', document_index: 0 } },
        },
      ],
    },
    { kind: 'tool-call', callId: 'a', name: 'f', runBy: 'client', input: 'json', payload: '{"x":1}' },
    { kind: 'tool-call', callId: 'b', name: 'f', runBy: 'client', input: 'json', payload: '{}' },
  ])
})

test('an opaque block of the issuer is reasoning without text', () => {
  assert.deepEqual(partsOf(decode(START, ...whole(0, { type: 'redacted_thinking', data: 'enc' }), STOP)), [
    {
      kind: 'reasoning',
      form: 'full',
      texts: [],
      seals: [{ dialect: 'messages', issuer: ISSUER, kind: 'encrypted', value: 'enc' }],
    },
  ])
})

test('what we wrapped comes out as it was', () => {
  const seal = { dialect: 'gemini', issuer: 'https://g', kind: 'signature', value: 'abc' } as const
  const hosted = [
    { kind: 'tool-call', callId: 'w', name: 's', runBy: 'provider', input: 'json', payload: '{}' },
    { kind: 'tool-result', callId: 'w', failed: false, content: [], payload: '[]' },
  ] as const
  const parts = partsOf(
    decode(
      START,
      ...whole(0, { type: 'thinking', thinking: 'Hm', signature: wrapSeal(seal) }),
      ...whole(1, { type: 'redacted_thinking', data: wrapParts(hosted) }),
      ...whole(2, { type: 'text', text: 'Hi' }),
      ...whole(3, { type: 'redacted_thinking', data: attachmentText({ callId: undefined, seals: [seal] }) }),
      ...whole(4, { type: 'redacted_thinking', data: attachmentText({ callId: 'c', seals: [seal] }) }),
      ...whole(5, { type: 'tool_use', id: 'c', name: 'f', input: {} }),
      STOP,
    ),
  )
  assert.deepEqual(parts, [
    { kind: 'reasoning', form: 'full', texts: ['Hm'], seals: [seal] },
    ...hosted,
    { kind: 'text', text: 'Hi', seals: [seal] },
    { kind: 'tool-call', callId: 'c', name: 'f', runBy: 'client', input: 'json', payload: '{}', seals: [seal] },
  ])
})

test("a text with our tag that does not hold together is somebody else's token", () => {
  const data = wrapParts([{ kind: 'reasoning', form: 'full', texts: 5 } as never])
  const parts = partsOf(decode(START, ...whole(0, { type: 'redacted_thinking', data }), STOP))
  assert.equal(parts?.[0]?.seals?.[0]?.value, data)
})

test('a block that we do not know is kept whole, with what its deltas say', () => {
  const parts = partsOf(
    decode(
      START,
      open(0, { type: 'compaction', content: null, encrypted_content: null }),
      delta(0, { type: 'compaction_delta', content: 'Short', encrypted_content: 'enc' }),
      close(0),
      STOP,
    ),
  )
  const members = { type: 'compaction', content: 'Short', encrypted_content: 'enc' }
  assert.deepEqual(parts, [{ kind: 'native', native: { dialect: 'messages', members } }])
})

test('unknown events and deltas that fit no block are native events', () => {
  const events = decode(
    { type: 'hello' },
    START,
    { type: 'novelty', x: 1 },
    delta(7, { type: 'input_json_delta', partial_json: '{' }),
    'not JSON',
    '[DONE]',
    STOP,
  )
  assert.deepEqual(
    events.flatMap(event => (event.type === 'native' ? [[event.name, event.native.members]] : [])),
    [
      ['hello', { type: 'hello' }],
      ['novelty', { type: 'novelty', x: 1 }],
      ['content_block_delta', delta(7, { type: 'input_json_delta', partial_json: '{' })],
      [undefined, { data: 'not JSON' }],
    ],
  )
})

test('text without a start opens its block', () => {
  assert.deepEqual(partsOf(decode(START, delta(0, { type: 'text_delta', text: 'Hi' }), STOP)), [
    { kind: 'text', text: 'Hi' },
  ])
})

test('a stop reason makes an answer complete, nothing else does but the end', () => {
  assert.equal(decode(START, end('max_tokens')).at(-1)?.type, 'message-end')
  assert.equal(foldEvents(decode(START, end(null))).failure?.code, 'truncated')
  assert.deepEqual(foldEvents(decode(START, STOP)).candidates[0]?.finish, { reason: 'other', raw: undefined })
  assert.equal(foldEvents(decode()).failure?.code, 'truncated')
})

test('an error ends the answer, with its usage before it', () => {
  const events = decode(
    START,
    open(0, { type: 'text', text: 'Hi' }),
    { type: 'error', error: { type: 'overloaded_error', message: 'Busy' }, usage: { output_tokens: 3 } },
    STOP,
  )
  assert.deepEqual(
    events.slice(-3).map(({ type }) => type),
    ['usage', 'block-end', 'error'],
  )
  assert.equal(foldEvents(events).failure?.code, 'overloaded')
  assert.equal(foldEvents(decode({ error: 'Broken' })).failure?.message, 'Broken')
})

test('a failure of the exchange closes what is open', () => {
  const events: StreamEvent[] = []
  const decoder = new MessagesStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  for (const event of [START, open(0, { type: 'text', text: 'Hi' })]) decoder.push({ data: JSON.stringify(event) })
  decoder.fail(failure('timeout', 'Too slow'))
  decoder.fail(failure('timeout', 'Again'))
  decoder.end()
  assert.equal(checkGrammar(events), undefined)
  assert.equal(decoder.isTerminal, true)
})

test('zeros at the start are no counts', () => {
  const start = { type: 'message_start', message: { usage: { input_tokens: 0, output_tokens: 0 } } }
  assert.equal(foldEvents(decode(start, end('end_turn', {}, { output_tokens: 0 }), STOP)).usage, undefined)
  const cached = {
    type: 'message_start',
    message: { usage: { input_tokens: 0, cache_read_input_tokens: 7, output_tokens: 0 } },
  }
  assert.deepEqual(foldEvents(decode(cached, STOP)).usage, { input: 7, cacheRead: 7 })
})

test('iterations of several models are counted apart', () => {
  const iterations = [
    { type: 'message', model: 'a', input_tokens: 4, output_tokens: 0 },
    { type: 'fallback_message', model: 'b', input_tokens: 5, output_tokens: 6, cache_read_input_tokens: 1 },
  ]
  const { usage } = foldEvents(
    decode(START, end('end_turn', {}, { input_tokens: 5, output_tokens: 6, iterations }), STOP),
  )
  assert.deepEqual(usage, {
    input: 5,
    output: 6,
    byModel: [
      { model: 'a', usage: { input: 4, output: 0 } },
      { model: 'b', usage: { input: 6, cacheRead: 1, output: 6 } },
    ],
    native: { dialect: 'messages', members: { iterations } },
  })
})

test('deep nesting is kept as a text and read no further', () => {
  const deep = `{"type":"content_block_start","index":0,"content_block":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const native = decode(START, deep, STOP).find(event => event.type === 'native')
  assert.deepEqual(native?.native.members, { data: deep })
})

test('numbers that no double holds stay as they are', () => {
  const block = '{"type":"tool_use","id":"a","name":"f","input":{"n":12345678901234567890}}'
  const parts = partsOf(
    decode(START, `{"type":"content_block_start","index":0,"content_block":${block}}`, close(0), STOP),
  )
  assert.equal(parts?.[0]?.kind === 'tool-call' && parts[0].payload, '{"n":12345678901234567890}')
})
