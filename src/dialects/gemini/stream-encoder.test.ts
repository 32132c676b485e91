import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerContext, chunksOf, decodeText, encodeEvents } from '../../../test/gemini-codec.ts'
import { failure } from '../../errors.ts'
import { EventWriter, foldEvents, Losses, type StreamEvent } from '../../model/index.ts'
import { readSignature } from './carrier.ts'
import { createArrayEncoder, wantsArray } from './stream-encoder.ts'

function stream(write: (writer: EventWriter) => void): StreamEvent[] {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  writer.start({ id: 'r', model: 'm' })
  write(writer)
  writer.finish(0, { reason: 'stop', raw: 'stop' })
  writer.end()
  return events
}

interface Part {
  readonly text?: string
  readonly thought?: boolean
  readonly thoughtSignature?: string
}

/** The parts of the first candidate, chunk by chunk; of the last one only its finish is of interest. */
function partsOf(events: readonly StreamEvent[], losses?: Losses): Part[] {
  const chunks = chunksOf(encodeEvents(events, losses)) as { candidates: { content: { parts: Part[] } }[] }[]
  return chunks.slice(0, -1).flatMap(({ candidates }) => candidates[0]?.content.parts ?? [])
}

test('text leaves as it comes, and the last chunk tells finish and usage', () => {
  const events = stream(writer => {
    const index = writer.open({ kind: 'text', choice: 0 })
    writer.text(index, 'Die ')
    writer.text(index, 'Mühle')
    writer.close(index)
    writer.usage({ input: 10, cacheRead: 4, output: 7, reasoning: 2 })
  })
  const envelope = { modelVersion: 'm', responseId: 'r' }
  const content = (text: string) => ({ content: { parts: [{ text }], role: 'model' }, index: 0 })
  assert.deepEqual(chunksOf(encodeEvents(events)), [
    { candidates: [content('Die ')], ...envelope },
    { candidates: [content('Mühle')], ...envelope },
    {
      candidates: [{ ...content(''), finishReason: 'STOP' }],
      usageMetadata: {
        promptTokenCount: 10,
        candidatesTokenCount: 5,
        cachedContentTokenCount: 4,
        thoughtsTokenCount: 2,
        totalTokenCount: 17,
      },
      ...envelope,
    },
  ])
})

test('reasoning of another provider is a thought, its seal wrapped at its end', () => {
  const seal = { dialect: 'messages', issuer: 'a', kind: 'signature', value: 'EqQB' } as const
  const [text, end] = partsOf(
    stream(writer => {
      const index = writer.open({ kind: 'reasoning', choice: 0, form: 'full' })
      writer.text(index, 'Hm')
      writer.seal(index, seal)
    }),
  )
  assert.deepEqual(text, { text: 'Hm', thought: true })
  assert.deepEqual({ ...end, thoughtSignature: '' }, { text: '', thought: true, thoughtSignature: '' })
  assert.deepEqual(readSignature(end?.thoughtSignature ?? '', 'signature', 'g'), { type: 'seal', seal })
})

test('a token of its own leaves as it came', () => {
  const own = (kind: 'signature' | 'encrypted') => ({ dialect: 'gemini', issuer: 'g', kind, value: 'c2ln' }) as const
  const parts = partsOf(
    stream(writer => {
      const call = writer.open({
        kind: 'tool-call',
        choice: 0,
        callId: 'x',
        name: 'f',
        runBy: 'client',
        input: 'json',
      })
      writer.seal(call, own('signature'))
      writer.close(call)
      const alone = writer.open({ kind: 'reasoning', choice: 0, form: 'full' })
      writer.seal(alone, own('encrypted'))
      writer.close(alone)
    }),
  )
  assert.deepEqual(parts, [
    { functionCall: { name: 'f', args: {}, id: 'x' }, thoughtSignature: 'c2ln' },
    { text: '', thoughtSignature: 'c2ln' },
  ])
})

test('calls leave whole and in order of opening, however their arguments come', () => {
  const call = { kind: 'tool-call', choice: 0, runBy: 'client', input: 'json' } as const
  const parts = partsOf(
    stream(writer => {
      const first = writer.open({ ...call, callId: 'a', name: 'f' })
      const second = writer.open({ ...call, callId: 'b', name: 'g' })
      writer.payload(second, '{"b":')
      writer.payload(first, '{"a":1}')
      writer.payload(second, '2}')
      writer.close(second)
      writer.close(first)
    }),
  )
  assert.deepEqual(parts, [
    { functionCall: { name: 'f', args: { a: 1 }, id: 'a' } },
    { functionCall: { name: 'g', args: { b: 2 }, id: 'b' } },
  ])
})

test('a call with free text is shown as one with `input`, and comes back as it was', () => {
  const events = stream(writer => {
    const block = { kind: 'tool-call', choice: 0, callId: 'a', name: 'patch', runBy: 'client', input: 'text' } as const
    const index = writer.open(block)
    writer.payload(index, '*** Begin')
    writer.close(index)
  })
  const [part] = partsOf(events) as { functionCall?: object }[]
  assert.deepEqual(part?.functionCall, { name: 'patch', args: { input: '*** Begin' }, id: 'a' })
  const back = foldEvents(decodeText(encodeEvents(events)))
  assert.deepEqual(back.candidates[0]?.parts, foldEvents(events).candidates[0]?.parts)
})

test('tools that another provider ran ride together with their results', () => {
  const events = stream(writer => {
    const call = { kind: 'tool-call', choice: 0, callId: 'a', name: 'web_search', runBy: 'provider' } as const
    const index = writer.open({ ...call, input: 'json' })
    writer.payload(index, '{}')
    writer.close(index)
    const result = writer.open({ kind: 'tool-result', choice: 0, callId: 'a', failed: false })
    writer.payload(result, '[]')
    writer.close(result)
  })
  const parts = partsOf(events)
  assert.equal(parts.length, 1)
  const carried = readSignature(parts[0]?.thoughtSignature ?? '', 'signature', 'g')
  assert.deepEqual(carried, { type: 'parts', parts: foldEvents(events).candidates[0]?.parts })
})

test('what it cannot say is a loss', () => {
  const losses = new Losses()
  const events = stream(writer => {
    const text = writer.open({ kind: 'text', choice: 0, item: 'i', native: { dialect: 'chat', members: { odd: 1 } } })
    writer.text(text, 'a')
    writer.close(text)
    const more = writer.open({ kind: 'refusal', choice: 0 })
    writer.text(more, 'b')
    writer.close(more)
    writer.usage({ input: 1, cacheWrite: 1 })
    writer.finish(0, { reason: 'refusal', raw: 'refusal', stopSequence: '#' })
  })
  encodeEvents(
    events.map(event =>
      event.type === 'choice-end'
        ? { ...event, finish: { reason: 'refusal', raw: 'refusal', stopSequence: '#' } as const }
        : event,
    ),
    losses,
  )
  assert.deepEqual(Object.fromEntries(losses.all.map(({ path, reason }) => [path, reason])), {
    '/candidates/0/parts/0/item': 'cosmetic',
    '/candidates/0/parts/0/native/members/odd': 'no-slot',
    '/candidates/0/parts/1/kind': 'no-slot',
    '/candidates/0/parts/1': 'order',
    '/usage/cacheWrite': 'no-slot',
    '/candidates/0/finish/stopSequence': 'no-slot',
    '/candidates/0/finish/raw': 'cosmetic',
    '/candidates/0/finish/reason': 'unit',
  })
})

test('a failure is an error object after the usage, and nothing follows', () => {
  const events: StreamEvent[] = [
    { type: 'message-start', id: 'r', model: 'm' },
    { type: 'ping' },
    { type: 'usage', usage: { input: 3 } },
    { type: 'error', failure: failure('overloaded', 'No capacity left') },
  ]
  assert.equal(
    encodeEvents(events),
    '\r\n' +
      'data: {"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3},"modelVersion":"m","responseId":"r"}\r\n\r\n' +
      'data: {"error":{"code":529,"message":"No capacity left","status":"UNAVAILABLE"}}\n\n',
  )
})

function encodeArray(events: readonly StreamEvent[]): string {
  let text = ''
  const encoder = createArrayEncoder(answerContext(), piece => {
    text += piece
  })
  for (const event of events) encoder.push(event)
  return text
}

test('without `alt=sse` the chunks are the items of one array', () => {
  const events = stream(writer => {
    const index = writer.open({ kind: 'text', choice: 0 })
    writer.text(index, 'a\n')
    writer.ping()
    writer.text(index, 'b')
  })
  assert.deepEqual(JSON.parse(encodeArray(events)), chunksOf(encodeEvents(events)))
  assert.equal(wantsArray({ operation: 'generate', path: '/models/g:streamGenerateContent', stream: false }), true)
  assert.equal(wantsArray({ operation: 'generate', path: '/models/g:streamGenerateContent', stream: true }), false)
  assert.equal(wantsArray({ operation: 'generate', path: '/models/g:generateContent', stream: false }), false)
})

test('an array that fails has the error as its last item', () => {
  const text = encodeArray([
    { type: 'message-start', id: 'r', model: 'm' },
    { type: 'error', failure: failure('upstream', 'Broken') },
  ])
  assert.deepEqual(JSON.parse(text), [
    { modelVersion: 'm', responseId: 'r' },
    { error: { code: 502, message: 'Broken', status: 'INTERNAL' } },
  ])
})

test('a call that broke off is no call', () => {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  const open = (callId: string) =>
    writer.open({ kind: 'tool-call', choice: 0, callId, name: 'f', runBy: 'client', input: 'json' })
  writer.start({ id: 'r', model: 'm' })
  const whole = open('call_1')
  writer.payload(whole, '{"n":1}')
  writer.close(whole)
  const text = writer.open({ kind: 'text', choice: 0 })
  writer.text(text, 'Ha')
  const torn = open('call_2')
  writer.payload(torn, '{"n"')
  open('call_3')
  writer.fail(failure('truncated', 'Cut'))
  const losses = new Losses()
  const chunks = JSON.stringify(chunksOf(encodeEvents(events, losses)))
  assert.deepEqual(
    ['call_1', 'Ha', 'call_2', 'call_3', 'Cut'].map(word => chunks.includes(word)),
    [true, true, false, false, true],
  )
  assert.deepEqual(
    losses.all.map(({ path }) => path),
    ['/candidates/0/parts/2', '/candidates/0/parts/3'],
  )
})
