import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { streamNamed } from '../../test/answers.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { DIALECTS, type DialectName } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'
import { checkGrammar, type StreamEvent } from '../model/index.ts'
import { createDecoder } from './decoder.ts'
import { type AnswerEncoder, createEncoder } from './encoder.ts'

const NAMES = Object.keys(DIALECTS) as DialectName[]

/** Two encoders write the same. */
const SAME = { createId: (prefix: string) => `${prefix}1`, now: () => 1_790_000_000 }

const TOLD: readonly StreamEvent[] = [
  { type: 'message-start', id: 'id_1', model: 'mill' },
  { type: 'block-start', index: 0, choice: 0, kind: 'text' },
  { type: 'text-delta', index: 0, text: 'Grüße 🌾' },
  { type: 'block-end', index: 0 },
  { type: 'usage', usage: { input: 3, output: 5 } },
  { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'stop' } },
  { type: 'message-end' },
]

function decode(dialect: DialectName, ...chunks: readonly Uint8Array[]): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createDecoder(dialect)
  const take = (event: StreamEvent) => void events.push(event)
  for (const chunk of chunks) decoder.push(chunk, take)
  decoder.end(take)
  return events
}

/** The pieces that each event brought, and that the end did. */
function encode(encoder: AnswerEncoder, events: readonly StreamEvent[]): readonly string[] {
  const pieces: string[] = []
  const take = (bytes: Uint8Array) => void pieces.push(toUtf8(bytes))
  for (const event of events) encoder.push(event, take)
  encoder.end(take)
  return pieces
}

for (const dialect of NAMES)
  suite(`the codecs of ${dialect}`, () => {
    test('read back what they wrote, cut anywhere', () => {
      const bytes = fromUtf8(encode(createEncoder(dialect), TOLD).join(''))
      const whole = decode(dialect, bytes)
      for (let at = 1; at < bytes.length; at += 7)
        assert.deepEqual(decode(dialect, bytes.subarray(0, at), bytes.subarray(at)), whole)
      const text = whole.map(event => (event.type === 'text-delta' ? event.text : '')).join('')
      assert.deepEqual([text, whole.at(-1)?.type], ['Grüße 🌾', 'message-end'])
    })

    test('end a stream that breaks off with an error', () => {
      const events = decode(dialect, fromUtf8('data: {}\n\n'))
      assert.equal(checkGrammar(events), undefined)
      const last = events.at(-1)
      assert.equal(last?.type === 'error' && last.failure.code, 'truncated')
    })

    test('tell events that break off as an error, and nothing after an end', () => {
      const last = decode(dialect, fromUtf8(encode(createEncoder(dialect), TOLD.slice(0, 4)).join(''))).at(-1)
      assert.equal(last?.type, 'error')
      const whole = encode(createEncoder(dialect, SAME), TOLD).join('')
      assert.equal(encode(createEncoder(dialect, SAME), [...TOLD, ...TOLD]).join(''), whole)
    })
  })

test('a decoder keeps a reading', () => {
  const { bytes, expected } = streamNamed('chat/openai-parallel-tools')
  const decoder = createDecoder('chat')
  decoder.push(bytes, () => {})
  decoder.end(() => {})
  const { usage, finish, isFinished } = decoder.reading
  assert.deepEqual([usage.output, finish?.raw, isFinished], [expected.usage?.output, 'tool_calls', true])
})

test('a decoder refuses an event that is too long by an error', () => {
  const decoder = createDecoder('chat', { maxEventBytes: 100 })
  const events: StreamEvent[] = []
  decoder.push(fromUtf8(`data: ${'x'.repeat(200)}`), event => events.push(event))
  assert.equal(events[0]?.type, 'error')
})

test('an encoder names another model, and tells what it could not say', () => {
  const encoder = createEncoder('messages', { model: 'mine' })
  const [start, ...rest] = TOLD as [StreamEvent, ...StreamEvent[]]
  const logprobs = [{ token: 'Grüße', logprob: -1 }]
  const delta: StreamEvent = { type: 'text-delta', index: 0, text: 'Grüße', logprobs }
  const pieces = encode(encoder, [start, ...rest.toSpliced(1, 1, delta)])
  assert.match(pieces.join(''), /"model":"mine"/)
  assert.deepEqual(encoder.losses, [
    { path: '/candidates/0/parts/0/logprobs', reason: 'no-slot' },
    { path: '/candidates/0/finish/raw', reason: 'cosmetic' },
  ])
})

test('an encoder leaves the reasoning of its own dialect in its members, and carries that of others', () => {
  const details = [{ type: 'reasoning.text', text: 'Hm', signature: 'c2ln', index: 0 }]
  const value = `echo:${JSON.stringify({ members: { reasoning_details: details } })}`
  const thinking: readonly StreamEvent[] = [
    { type: 'message-start', id: 'id_1', model: 'mill' },
    { type: 'block-start', index: 0, choice: 0, kind: 'reasoning', form: 'full' },
    { type: 'text-delta', index: 0, text: 'Hm' },
    { type: 'seal', index: 0, seal: { dialect: 'chat', issuer: '', kind: 'signature', value } },
    { type: 'block-end', index: 0 },
    { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'stop' } },
    { type: 'message-end' },
  ]
  assert.match(encode(createEncoder('chat', { from: 'chat' }), thinking).join(''), /"signature":"c2ln"/)
  assert.match(encode(createEncoder('chat'), thinking).join(''), /"signature":"mr1s\./)
})

test('an encoder tells its media type', () => assert.equal(createEncoder('chat').mediaType, 'text/event-stream'))

test('there are no codecs of a dialect that nobody speaks', () => {
  for (const create of [createDecoder, createEncoder])
    assert.throws(
      () => create('smoke' as DialectName),
      (error: unknown) => {
        assert.ok(error instanceof MillraceError)
        assert.equal(
          error.message,
          'Cannot speak the dialect "smoke": there are only chat, responses, messages, gemini',
        )
        return true
      },
    )
})
