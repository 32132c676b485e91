import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CorpusStream, type Expected, ownCorpus, recordedCorpus } from '../../test/corpus.ts'
import { fromLatin1, fromUtf8, toLatin1 } from '../bytes.ts'
import { frameEnd } from '../sse/index.ts'
import { ChatReader } from './chat/meter.ts'
import { GeminiReader } from './gemini/meter.ts'
import { DIALECTS, type DialectName, emptyReading, type FrameKind, type Meter, type Reading } from './index.ts'
import { MessagesReader } from './messages/meter.ts'
import { ResponsesReader } from './responses/meter.ts'
import { StreamMeter } from './stream-meter.ts'

/** Feeds a whole stream, frame by frame; what lacks its blank line comes last. */
function readAll(meter: Meter, bytes: Uint8Array): FrameKind[] {
  const text = toLatin1(bytes)
  const hasCr = text.includes('\r')
  const kinds: FrameKind[] = []
  let at = 0
  for (let end = frameEnd(text, 0, hasCr); end !== -1; end = frameEnd(text, at, hasCr)) {
    kinds.push(meter.frame(text, at, end))
    at = end
  }
  if (at < text.length) kinds.push(meter.frame(text, at, text.length))
  return kinds
}

const REASONS: Readonly<Record<string, string>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  pause: 'paused',
}

function assertRead({ dialect, expected }: CorpusStream, reading: Reading): void {
  assertUsage(expected.usage, reading)
  const { finish, finishRaw, error } = expected
  const filtered = dialect === 'messages' ? 'refusal' : 'filtered'
  const reason = finish === 'content_filter' ? filtered : finish === null ? undefined : REASONS[finish]
  assert.equal(reading.finish?.reason, reason)
  assert.equal(reading.finish?.raw ?? null, finishRaw)
  assert.equal(reading.failure?.message ?? null, error?.message ?? null)
  assert.equal(reading.failure?.raw?.type ?? null, error?.type ?? null)
  const { text, refusal = '', toolCalls, reasoning } = expected
  const hasVisible = text !== '' || refusal !== '' || toolCalls.length > 0
  if (hasVisible) assert.ok(reading.hasToken)
  if (reasoning !== '') assert.ok(reading.hasReasoning)
}

/** All that the manifest says must be read; it leaves out a zero here and there. */
function assertUsage(expected: Expected['usage'], { usage }: Reading): void {
  if (expected === null) assert.deepEqual(usage, {})
  for (const name of ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const)
    assert.equal(usage[name], expected?.[name] ?? (usage[name] === 0 ? 0 : undefined), name)
}

const STREAMS = [...ownCorpus(), ...recordedCorpus()]

for (const stream of STREAMS) {
  test(`the meter reads ${stream.id} as the manifest does`, () => {
    const meter = DIALECTS[stream.dialect].createMeter()
    const kinds = readAll(meter, stream.bytes)
    assertRead(stream, meter.reading)
    const { reading } = meter
    const isTruncated = stream.flags.includes('truncated')
    const isFailed = reading.failure !== undefined && !reading.isFinished
    assert.equal(reading.isFinished || reading.isTerminal, !isTruncated && !isFailed)
    assert.equal(kinds.includes('failure'), stream.expected.error !== null)
  })
}

/** The same readers without the look at fixed bytes: every frame is parsed. */
const SLOW: Readonly<Record<DialectName, () => Meter>> = {
  chat: () => new StreamMeter(new ChatReader()),
  responses: () => new StreamMeter(new ResponsesReader()),
  messages: () => new StreamMeter(new MessagesReader()),
  gemini: () => new StreamMeter(new GeminiReader()),
}

function assertTwins(dialect: DialectName, bytes: Uint8Array, message: string): void {
  const [fast, slow] = [DIALECTS[dialect].createMeter(), SLOW[dialect]()]
  assert.deepEqual(readAll(fast, bytes), readAll(slow, bytes), message)
  assert.deepEqual(uncounted(fast.reading), uncounted(slow.reading), message)
}

/** Only who looks at fixed bytes counts those of the text. */
function uncounted(reading: Reading): Reading {
  return { ...reading, textBytes: 0, uncountedFrom: 0 }
}

test('looking at fixed bytes reads what parsing reads, in every stream of the corpus', () => {
  for (const { id, dialect, bytes } of STREAMS) assertTwins(dialect, bytes, id)
})

test('looking at fixed bytes reads what parsing reads, however the bytes are damaged', () => {
  const noise = fc.constantFrom(
    ...['"', '\\', '\n', '\n\n', '\r\n', '}', ',', ' ', '0', '1', 'x', '\u0000', '[DONE]', '\\u00e9', ''],
    ...[
      '"usage":{"prompt_tokens":1}',
      ',"finish_reason":"stop"',
      '"error":{"message":"x"}',
      'data: ',
      'event: error\n',
    ],
  )
  const damage = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(6), noise })
  const small = STREAMS.filter(({ bytes, dialect }) => bytes.length < 12_000 && dialect !== 'gemini')
  fc.assert(
    fc.property(fc.constantFrom(...small), fc.array(damage, { minLength: 1, maxLength: 4 }), (stream, damages) => {
      assertTwins(stream.dialect, fromLatin1(damages.reduce(apply, toLatin1(stream.bytes))), stream.id)
    }),
    { numRuns: 1500 },
  )
})

test('looking at fixed bytes reads what parsing reads, whatever order frames come in', () => {
  const shuffled = fc.constantFrom('chat', 'responses', 'messages' as const).chain(dialect => {
    const frames = STREAMS.filter(stream => stream.dialect === dialect && stream.bytes.length < 8000).flatMap(framesOf)
    return fc.record({ dialect: fc.constant(dialect), frames: fc.array(runOf(frames), { maxLength: 12 }) })
  })
  fc.assert(
    fc.property(shuffled, ({ dialect, frames }) => assertTwins(dialect, fromLatin1(frames.join('')), dialect)),
    { numRuns: 500 },
  )
})

/** One frame a few times, as the deltas of one text come. */
function runOf(frames: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...frames), fc.integer({ min: 1, max: 3 }))
    .map(([frame, times]) => frame.repeat(times))
}

function framesOf({ bytes }: CorpusStream): string[] {
  return toLatin1(bytes).split(/(?<=\n\r?\n)/)
}

function apply(text: string, damage: { readonly at: number; readonly cut: number; readonly noise: string }): string {
  const at = Math.floor(damage.at * text.length)
  return text.slice(0, at) + damage.noise + text.slice(at + damage.cut)
}

test('of a run of plain deltas only the first is parsed', t => {
  const parse = t.mock.method(JSON, 'parse')
  for (const dialect of ['chat', 'responses', 'messages'] as const) {
    const meter = DIALECTS[dialect].createMeter()
    const frames = fromUtf8(['One', ' two', ' "three"', ' ünf \n', ' six'].map(TELLS[dialect]).join(''))
    parse.mock.resetCalls()
    readAll(meter, frames)
    assert.equal(parse.mock.callCount(), 1, dialect)
    assert.equal(meter.reading.progress, 5)
  }
})

/** Words that mean something in a stream, inside the text of a model. */
const LOOKALIKES = [
  '[DONE]',
  'data: [DONE]\n\n',
  '"usage":{"prompt_tokens":1,"completion_tokens":1}',
  '"finish_reason":"stop"',
  'event: error\ndata: {"error":{"message":"no"}}\n\n',
  'response.completed',
  'message_stop',
  '<thinking>',
  '\\"}]}',
]

const TELLS: Readonly<Record<DialectName, (text: string) => string>> = {
  chat: text =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`,
  responses: text =>
    `event: response.output_text.delta\ndata: ${JSON.stringify({ type: 'response.output_text.delta', delta: text })}\n\n`,
  messages: text =>
    `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`,
  gemini: text => `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] } }] })}\n\n`,
}

for (const dialect of Object.keys(TELLS) as DialectName[])
  test(`words in a ${dialect} model's text that look like more change nothing`, () => {
    const meter = DIALECTS[dialect].createMeter()
    const kinds = LOOKALIKES.flatMap(text => readAll(meter, fromUtf8(TELLS[dialect](text))))
    assert.deepEqual(new Set(kinds), new Set(['content']))
    assert.deepEqual(uncounted(meter.reading), {
      ...emptyReading(),
      events: LOOKALIKES.length,
      progress: LOOKALIKES.length,
      hasToken: true,
      latest: 'text',
    })
  })

for (const dialect of Object.keys(TELLS) as DialectName[])
  test(`the bytes of a ${dialect} model's text are counted`, () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme' })), texts => {
        const meter = DIALECTS[dialect].createMeter()
        readAll(meter, fromUtf8(texts.map(TELLS[dialect]).join('')))
        const lengths = texts.map(
          text => fromUtf8(dialect === 'gemini' ? text : JSON.stringify(text).slice(1, -1)).length,
        )
        assert.equal(
          meter.reading.textBytes,
          lengths.reduce((sum, length) => sum + length, 0),
        )
      }),
    )
  })

test('what came before a usage was told is counted in it, padding and signatures are no text', () => {
  const meter = DIALECTS.messages.createMeter()
  const delta = (delta: object) => `data: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta })}\n\n`
  const usage = 'data: {"type":"message_delta","delta":{},"usage":{"output_tokens":3}}\n\n'
  const text = TELLS.messages('twelve bytes')
  const call = delta({ type: 'input_json_delta', partial_json: '{"a":1}' })
  const signature = delta({ type: 'signature_delta', signature: 'c2VhbA==' })
  readAll(meter, fromUtf8(text + text + usage + call + signature))
  const { textBytes, uncountedFrom } = meter.reading
  assert.deepEqual({ textBytes, uncountedFrom }, { textBytes: 33, uncountedFrom: 24 })

  const padded = (text: string) => TELLS.responses(text).replace('}\n', ',"obfuscation":"xxxxxxxxxx"}\n')
  const responses = DIALECTS.responses.createMeter()
  readAll(responses, fromUtf8(padded('One') + padded(' two')))
  assert.equal(responses.reading.textBytes, 7)
})

for (const dialect of Object.keys(TELLS) as DialectName[])
  test(`a ${dialect} event whose data is not a JSON object is counted, quiet and not fatal`, () => {
    const meter = DIALECTS[dialect].createMeter()
    for (const data of ['<html>', '', '0', '[]', 'null', '"text"', '{"a":', '{}{}'])
      assert.deepEqual(readAll(meter, fromUtf8(`data: ${data}\n\n`)), ['quiet'], data)
    assert.deepEqual(meter.reading, { ...emptyReading(), events: 8, malformed: 8 })
  })

for (const dialect of Object.keys(TELLS) as DialectName[])
  test(`comments, blank lines and fields without data are no ${dialect} events`, () => {
    const meter = DIALECTS[dialect].createMeter()
    for (const frame of [': comment\n\n', '\n\n', '\r\n', 'id: 1\n\n', 'event: error\n\n', 'retry: 10\n\n'])
      assert.equal(meter.frame(frame, 0, frame.length), 'quiet', frame)
    assert.deepEqual(meter.reading, emptyReading())
  })

test('a byte order mark before the first event is no part of it', () => {
  for (const dialect of Object.keys(TELLS) as DialectName[]) {
    const meter = DIALECTS[dialect].createMeter()
    assert.deepEqual(readAll(meter, fromUtf8(`\ufeff${TELLS[dialect]('Hi')}`)), ['content'], dialect)
  }
})

test('an error that is written into the stream without `data:` is read', () => {
  const error =
    '{\n  "error": {\n    "code": 503,\n    "message": "Zu viel — später",\n    "status": "UNAVAILABLE"\n  }\n}\n'
  const meter = DIALECTS.gemini.createMeter()
  assert.deepEqual(readAll(meter, fromUtf8(TELLS.gemini('Hi') + error)), ['content', 'failure'])
  assert.deepEqual(meter.reading.failure, {
    code: 'overloaded',
    status: 503,
    message: 'Zu viel — später',
    raw: { type: 'UNAVAILABLE' },
  })
})

test('a finish that comes with a failure, or after it, is none', () => {
  const meter = DIALECTS.chat.createMeter()
  const failed = `data: {"error":{"message":"no"},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`
  const finish = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`
  assert.deepEqual(readAll(meter, fromUtf8(`${failed}${finish}data: [DONE]\n\n`)), ['failure', 'content', 'terminal'])
  assert.equal(meter.reading.isFinished, false)
  assert.equal(meter.reading.isTerminal, false)
})

test('what a stream holds cannot make a meter throw', () => {
  const many = `{"choices":[${Array.from({ length: 200_000 }, (_, index) => `{"index":${index}}`)}]}`
  const deep = `{"type":"error","error":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`
  for (const dialect of Object.keys(TELLS) as DialectName[])
    for (const data of [many, deep]) readAll(DIALECTS[dialect].createMeter(), fromUtf8(`data: ${data}\n\n`))
})

/** Frames of one kind of content each, and what they are of. */
const CONTENTS: Readonly<Record<DialectName, Readonly<Record<NonNullable<Reading['latest']>, string>>>> = {
  chat: {
    reasoning: 'data: {"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}\n\n',
    text: 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n',
    'tool-call':
      'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}}]}\n\n',
  },
  responses: {
    reasoning: 'data: {"type":"response.reasoning_summary_text.delta","delta":"Hm"}\n\n',
    text: 'data: {"type":"response.output_text.delta","delta":"Hi"}\n\n',
    'tool-call': 'data: {"type":"response.function_call_arguments.delta","delta":"{"}\n\n',
  },
  messages: {
    reasoning: 'data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}\n\n',
    text: 'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\n\n',
    'tool-call':
      'data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{"}}\n\n',
  },
  gemini: {
    reasoning: 'data: {"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}]}}]}\n\n',
    text: 'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\n\n',
    'tool-call': 'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}\n\n',
  },
}

for (const [dialect, frames] of Object.entries(CONTENTS))
  test(`the meter of ${dialect} tells what the last content was of, also of frames that it does not parse`, () => {
    const meter = DIALECTS[dialect as DialectName].createMeter()
    assert.equal(meter.reading.latest, undefined)
    for (const [kind, frame] of [...Object.entries(frames), ...Object.entries(frames).reverse()]) {
      // The second and third of a kind pass by their likeness to the first.
      for (let times = 0; times < 3; times++) readAll(meter, fromUtf8(frame))
      assert.equal(meter.reading.latest, kind)
    }
  })
