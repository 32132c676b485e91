/** Properties of the answers, over every stream there is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BetaMessageStream } from '@anthropic-ai/sdk/lib/BetaMessageStream'
import fc from 'fast-check'
import { type CorpusStream, corpora } from '../../../test/corpus.ts'
import { checkGrammar, foldEvents, Losses, type Message, type StreamEvent, subtract } from '../../model/index.ts'
import { SseDecoder } from '../../sse/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import { parseJson } from '../value.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'

const ISSUER = 'https://api.example'

function decode(bytes: Uint8Array, cuts: readonly number[] = []): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = new MessagesStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  const sse = new SseDecoder()
  const ends = [...cuts, bytes.length]
  for (const [at, end] of ends.entries()) sse.push(bytes.subarray(ends[at - 1] ?? 0, end), event => decoder.push(event))
  sse.end(event => decoder.push(event))
  decoder.end()
  return events
}

function contextOf(losses = new Losses()): EncodeAnswerContext {
  return { request: undefined, model: undefined, losses, createId: prefix => `${prefix}made`, now: () => 1 }
}

function encode(events: readonly StreamEvent[], losses?: Losses): string {
  let text = ''
  const encoder = new MessagesStreamEncoder(contextOf(losses), frame => {
    text += frame
  })
  for (const event of events) encoder.push(event)
  return text
}

/** Two whole answers are the same whatever the spacing of their JSON payloads, and our own words for a failure. */
function withValues({ failure, ...rest }: Message): unknown {
  const message = failure === undefined ? rest : { ...rest, failure: { ...failure, raw: null } }
  return JSON.parse(JSON.stringify(message), (name, value) =>
    name === 'payload' ? (parseJson(value) ?? value) : value,
  )
}

/**
 * Null, an empty list of citations and nothing say the same. The client renames a message after its last
 * fallback; its stream begins with the model that was asked. It also leaves the split of the cache
 * writes as the start had it, when the end counts more of them.
 */
function withoutEmpty(value: unknown): unknown {
  const isServedByOther = JSON.stringify(value).includes('"type":"fallback"')
  return JSON.parse(JSON.stringify(value), (name, member) => {
    const isEmpty = member === null || (name === 'citations' && member.length === 0)
    const isTheirs = (name === 'model' && isServedByOther) || name === 'ephemeral_5m_input_tokens'
    return isEmpty || isTheirs ? undefined : member
  })
}

const streams = corpora().flatMap(({ streams }) => streams.filter(({ dialect }) => dialect === 'messages'))
const whole = streams.filter(({ expected }) => expected.finish !== null && expected.error === null)

function each(name: string, streams: readonly CorpusStream[], check: (stream: CorpusStream) => void | Promise<void>) {
  for (const stream of streams) test(`${name}: ${stream.id}`, () => check(stream))
}

each('decodes what is expected', streams, ({ bytes, expected }) => {
  const events = decode(bytes)
  assert.equal(checkGrammar(events), undefined)
  const { candidates, usage, failure } = foldEvents(events)
  const parts = candidates[0]?.parts ?? []
  const text = parts.map(part => (part.kind === 'text' ? part.text : '')).join('')
  const reasoning = parts.map(part => (part.kind === 'reasoning' ? part.texts.join('') : '')).join('')
  const calls = parts.flatMap(part => (part.kind === 'tool-call' && part.runBy === 'client' ? [part] : []))
  assert.equal(text, expected.text)
  assert.equal(reasoning, expected.reasoning)
  assert.deepEqual(
    calls.map(({ callId, name, payload }) => ({ id: callId, name, raw: payload })),
    expected.toolCalls.map(({ id, name, raw }) => ({ id, name, raw: raw === '' ? '{}' : raw })),
  )
  const finish = candidates[0]?.finish
  assert.equal(finish?.raw ?? null, expected.finishRaw)
  if (expected.error !== null) assert.equal(failure?.message, expected.error.message)
  for (const name of ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const)
    if (expected.usage?.[name] !== undefined) assert.equal(usage?.[name], expected.usage[name], name)
})

each('the same events at every cut', streams, ({ bytes }) => {
  const events = decode(bytes)
  const step = Math.max(1, Math.floor(bytes.length / 500))
  for (let at = 1; at < bytes.length; at += step) assert.deepEqual(decode(bytes, [at]), events, `cut at ${at}`)
})

each('damaged bytes decode to a legal sequence', streams, ({ bytes }) => {
  const damage = fc.tuple(fc.nat(bytes.length), fc.nat(200), fc.uint8Array({ maxLength: 20 }))
  fc.assert(
    fc.property(damage, ([at, length, put]) => {
      const damaged = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + length)])
      const events = decode(damaged)
      assert.equal(checkGrammar(events), undefined)
      encode(events)
    }),
    { numRuns: 60 },
  )
})

each('what is encoded again folds to the same message', streams, ({ bytes }) => {
  const events = decode(bytes)
  const losses = new Losses()
  const again = decode(Buffer.from(encode(events, losses)))
  assert.equal(checkGrammar(again), undefined)
  assert.deepEqual(withValues(foldEvents(again)), withValues(subtract(foldEvents(events), losses.all)))
})

each('the whole body of the same answer is the same message', whole, ({ bytes }) => {
  const message = foldEvents(decode(bytes))
  const losses = new Losses()
  const body = encodeMessage(message, contextOf(losses))
  const again = decodeMessage(body, { issuer: ISSUER })
  const expected = subtract(message, losses.all)
  assert.deepEqual(withValues(subtract(again, losses.all)), withValues(expected))
})

async function accumulate(bytes: Uint8Array): Promise<unknown> {
  const lines = Buffer.from(bytes)
    .toString()
    .split(/\r?\n/)
    .flatMap(line => (line.startsWith('data:') && !line.includes('[DONE]') ? [`${line.slice(5)}\n`] : []))
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const line of lines) controller.enqueue(Buffer.from(line))
      controller.close()
    },
  })
  return await BetaMessageStream.fromReadableStream(source).finalMessage()
}

each('the official client makes the same message of the stream, of ours, and we of it', whole, async ({ bytes }) => {
  const events = decode(bytes)
  const theirs = withoutEmpty(await accumulate(bytes))
  assert.deepEqual(withoutEmpty(await accumulate(Buffer.from(encode(events)))), theirs)
  assert.deepEqual(withoutEmpty(encodeMessage(foldEvents(events), contextOf())), theirs)
})
