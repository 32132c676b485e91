/** Properties of the chat codec over the project's own streams and the recorded ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMessage, encodeMessage } from '../../src/dialects/chat/message.ts'
import { createStreamDecoder } from '../../src/dialects/chat/stream-decoder.ts'
import { createStreamEncoder } from '../../src/dialects/chat/stream-encoder.ts'
import type { EncodeAnswerContext } from '../../src/dialects/codec.ts'
import {
  checkGrammar,
  foldEvents,
  Losses,
  type Message,
  type Part,
  type StreamEvent,
  subtract,
  unwrapSeal,
} from '../../src/model/index.ts'
import { SseDecoder } from '../../src/sse/index.ts'
import { corpora, type Expected } from '../corpus.ts'

const STREAMS = corpora()
  .flatMap(({ streams }) => streams)
  .filter(({ dialect }) => dialect === 'chat')

const ISSUER = 'https://upstream.example'

for (const stream of STREAMS) {
  const { id } = stream
  test(`${id} is decoded as expected`, () => {
    const events = decode([stream.bytes])
    assert.equal(checkGrammar(events), undefined)
    const message = foldEvents(events)
    assert.deepEqual(summary(message), expectation(stream.expected))
    const isFailure = stream.expected.error !== null || stream.flags.includes('truncated')
    assert.equal(message.failure !== undefined, isFailure, JSON.stringify(message.failure))
  })

  test(`${id} gives the same events at every cut`, () => {
    const whole = decode([stream.bytes])
    for (const at of cuts(stream.bytes.length))
      assert.deepEqual(decode([stream.bytes.subarray(0, at), stream.bytes.subarray(at)]), whole, `cut at ${at}`)
    if (stream.bytes.length < 20_000)
      assert.deepEqual(decode([...stream.bytes].map(byte => Uint8Array.of(byte))), whole)
  })

  test(`${id} keeps the grammar when it is damaged`, () => {
    for (const bytes of damaged(stream.bytes)) {
      const events = decode([bytes])
      assert.equal(checkGrammar(events), undefined)
      assert.equal(checkGrammar(decode([Buffer.from(encode(events).text)])), undefined)
    }
  })

  test(`${id} comes back from our own stream with its natives`, () => {
    const events = decode([stream.bytes])
    const { text, losses } = encode(events)
    const again = foldEvents(decode([Buffer.from(text)]))
    assert.deepEqual(comparable(again, losses), comparable(subtract(foldEvents(events), losses.all), losses))
  })

  test(`${id} is the same answer as a whole body`, () => {
    const message = foldEvents(decode([stream.bytes]))
    if (message.failure !== undefined) return
    const context = contextOf()
    const body = JSON.parse(JSON.stringify(encodeMessage(message, context)))
    const again = decodeMessage(body, { issuer: ISSUER })
    const expected = subtract(message, context.losses.all)
    assert.deepEqual(comparable(again, context.losses), comparable(expected, context.losses))
  })
}

function decode(chunks: readonly Uint8Array[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  const sse = new SseDecoder()
  for (const chunk of chunks) sse.push(chunk, event => decoder.push(event))
  sse.end(event => decoder.push(event))
  decoder.end()
  return events
}

function encode(events: readonly StreamEvent[]): { text: string; losses: Losses } {
  const context = contextOf()
  let text = ''
  const encoder = createStreamEncoder(context, piece => {
    text += piece
  })
  for (const event of events) encoder.push(event)
  return { text, losses: context.losses }
}

function contextOf(): EncodeAnswerContext {
  let made = 0
  return {
    request: undefined,
    model: undefined,
    losses: new Losses(),
    createId: prefix => `${prefix}made${made++}`,
    now: () => 0,
  }
}

/** What may differ without loss: made-up members, the mark of the member that reasoning came in. */
function comparable(message: Message, losses: Losses): unknown {
  const lost = new Set(losses.all.map(({ path }) => path))
  const { failure, ...rest } = structuredClone(message) as unknown as Record<string, unknown>
  const candidates = (message.candidates ?? []).map(candidate => {
    const { finish, parts, ...others } = candidate
    const path = `/candidates/${candidate.index}/finish`
    const { raw, reason, ...end } = finish ?? { raw: undefined, reason: undefined }
    return {
      ...others,
      finish: {
        ...end,
        raw: lost.has(`${path}/raw`) ? undefined : raw,
        reason: lost.has(`${path}/reason`) ? 0 : reason,
      },
      parts: parts.map(withoutSlots),
    }
  })
  const { id, model, createdAt } = message
  return JSON.parse(
    JSON.stringify({
      ...rest,
      id: id?.includes('made') ? undefined : id,
      model: model ?? '',
      createdAt: createdAt || undefined,
      candidates,
      failure: (failure as { code?: string } | undefined)?.code,
    }),
  )
}

function withoutSlots(part: Part): unknown {
  const seals = part.seals?.filter(({ value }) => !value.startsWith('slot:') && unwrapSeal(value) === undefined)
  const callId = part.kind === 'tool-call' && part.callId.includes('made') ? '' : undefined
  return { ...part, seals: seals?.length ? seals : undefined, ...(callId === undefined ? {} : { callId }) }
}

function summary(message: Message): unknown {
  const parts = message.candidates[0]?.parts ?? []
  const texts = (kind: Part['kind']) =>
    parts
      .filter(part => part.kind === kind)
      .map(part => ('texts' in part ? part.texts.join('') : 'text' in part ? part.text : ''))
      .join('')
  const { input, output, cacheRead, reasoning } = message.usage ?? {}
  return {
    text: texts('text'),
    reasoning: texts('reasoning'),
    refusal: texts('refusal'),
    toolCalls: parts.flatMap(part =>
      part.kind === 'tool-call' ? { id: part.callId || null, name: part.name, raw: part.payload } : [],
    ),
    usage: message.usage === undefined ? null : { input, output, cacheRead: cacheRead ?? 0, reasoning: reasoning ?? 0 },
    finishRaw: message.candidates[0]?.finish?.raw ?? null,
  }
}

function expectation({ text, reasoning, refusal, toolCalls, usage, finishRaw, error }: Expected): unknown {
  const { input, output, cacheRead, reasoning: reasoningTokens } = usage ?? {}
  return {
    text,
    reasoning,
    refusal: refusal ?? '',
    toolCalls: toolCalls.map(({ id, name, raw }) => ({ id, name, raw })),
    usage: usage === null ? null : { input, output, cacheRead: cacheRead ?? 0, reasoning: reasoningTokens ?? 0 },
    finishRaw: error === null ? finishRaw : null,
  }
}

function cuts(length: number): readonly number[] {
  const every = Array.from({ length: length - 1 }, (_, at) => at + 1)
  return length < 3000 ? every : every.filter(at => (at * 7919) % length < 40)
}

/** Truncated, with a flipped byte, with frames dropped, repeated or exchanged. */
function* damaged(bytes: Uint8Array): Generator<Uint8Array> {
  const frames = Buffer.from(bytes)
    .toString('latin1')
    .split(/(?<=\n\r?\n)/)
  const joined = (list: readonly string[]) => Buffer.from(list.join(''), 'latin1')
  for (let round = 1; round <= 25; round++) {
    const at = (round * 104_729) % bytes.length
    yield bytes.subarray(0, at)
    const flipped = Uint8Array.from(bytes)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (round % 8))
    yield flipped
    const frame = (round * 7919) % frames.length
    yield joined(frames.toSpliced(frame, 1))
    yield joined(frames.toSpliced(frame, 0, frames[(frame * 31) % frames.length] ?? ''))
  }
}
