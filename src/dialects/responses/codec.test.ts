import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { type CorpusStream, corpora } from '../../../test/corpus.ts'
import { checkGrammar, foldEvents, Losses, type Message, type StreamEvent } from '../../model/index.ts'
import { SseDecoder, type SseEvent } from '../../sse/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import { itemsOf, objectOf, type Wire } from '../value.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { createStreamDecoder } from './stream-decoder.ts'
import { createStreamEncoder } from './stream-encoder.ts'

const STREAMS = corpora().flatMap(({ streams }) => streams.filter(({ dialect }) => dialect === 'responses'))

/** Recordings in which ids change from event to event, or the final response seals anew. */
const ROTATING: ReadonlySet<string> = new Set([
  'responses/openai-reasoning-text',
  'responses/openai-mcp-text',
  'responses/openai-tool-2',
])

/** Answers that wait for an approval: completed on the wire. */
const PAUSED: ReadonlySet<string> = new Set(['responses/openai-mcp-mcp-approval-request'])

const FINISHES = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'filtered',
  pause: 'paused',
}

const COUNTS = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const

function eventsOf(...chunks: readonly Uint8Array[]): SseEvent[] {
  const events: SseEvent[] = []
  const sse = new SseDecoder()
  for (const chunk of chunks) sse.push(chunk, event => events.push(event))
  sse.end(event => events.push(event))
  return events
}

function decode(sse: readonly SseEvent[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: 'up' }, event => events.push(event))
  for (const event of sse) decoder.push(event)
  decoder.end()
  return events
}

function context(): EncodeAnswerContext {
  let n = 0
  return {
    request: undefined,
    model: undefined,
    isOwn: true,
    losses: new Losses(),
    createId: prefix => `${prefix}made${n++}`,
    now: () => 1780000000,
  }
}

function encode(events: readonly StreamEvent[], to = context()): string {
  let text = ''
  const encoder = createStreamEncoder(to, written => {
    text += written
  })
  for (const event of events) encoder.push(event)
  return text
}

function wires(text: string): Wire[] {
  return eventsOf(Buffer.from(text)).map(({ data }) => JSON.parse(data) as Wire)
}

function lastResponse({ bytes }: CorpusStream): Wire | undefined {
  const responses = eventsOf(bytes)
    .filter(({ data }) => data.startsWith('{'))
    .map(({ data }) => objectOf(objectOf(JSON.parse(data))?.response))
  return responses.findLast(response => response !== undefined) as Wire | undefined
}

/** Without what says nothing: absent, null, empty lists and empty ranges mean the same on this wire. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  const object = objectOf(value)
  if (object === undefined) return value
  const members = Object.entries(object).filter(
    ([name, member]) =>
      member !== null &&
      !(Array.isArray(member) && member.length === 0) &&
      !(object.end_index === 0 && (name === 'start_index' || name === 'end_index')),
  )
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]))
}

for (const stream of STREAMS) {
  const { id, bytes, expected, flags } = stream
  const sse = eventsOf(bytes)
  const events = decode(sse)
  const message = foldEvents(events)
  const parts = message.candidates[0]?.parts ?? []

  test(`${id} is read as what it says`, () => {
    assert.equal(checkGrammar(events), undefined)
    const textOfKind = (kind: 'text' | 'refusal') =>
      parts.map(part => (part.kind === kind && 'text' in part ? part.text : '')).join('')
    const calls = parts.flatMap(part =>
      part.kind === 'tool-call' && part.runBy === 'client'
        ? [{ id: part.callId, name: part.name, raw: part.payload }]
        : [],
    )
    assert.equal(textOfKind('text'), expected.text)
    assert.equal(textOfKind('refusal'), expected.refusal ?? '')
    assert.equal(parts.map(part => (part.kind === 'reasoning' ? part.texts.join('') : '')).join(''), expected.reasoning)
    assert.deepEqual(
      calls,
      expected.toolCalls.map(({ id, name, raw }) => ({ id, name, raw })),
    )
    const { native: _, ...usage } = message.usage ?? {}
    for (const name of COUNTS) if (expected.usage?.[name] !== undefined) assert.equal(usage[name], expected.usage[name])
    const finish = expected.finish === null ? undefined : PAUSED.has(id) ? 'paused' : FINISHES[expected.finish]
    assert.equal(message.candidates[0]?.finish?.reason, finish)
    assert.equal(message.candidates[0]?.finish?.raw ?? null, expected.finishRaw)
    assert.equal(message.failure === undefined, expected.error === null && !flags.includes('truncated'))
    if (expected.error !== null) assert.equal(message.failure?.message, expected.error.message)
  })

  test(`${id} is read the same at every cut`, () => {
    const step = Math.max(1, Math.floor(bytes.length / 200))
    for (let at = 1; at < bytes.length; at += step)
      assert.deepEqual(decode(eventsOf(bytes.subarray(0, at), bytes.subarray(at))), events, `cut at ${at}`)
  })

  test(`${id} keeps the grammar when it is damaged`, () => {
    for (let at = 0; at < sse.length; at++) {
      const without = sse.filter((_, n) => n !== at)
      const doubled = sse.flatMap((event, n) => (n === at ? [event, event] : [event]))
      const swapped = [...sse.slice(0, at), ...sse.slice(at).reverse()]
      const torn = sse.map((event, n) => (n === at ? { ...event, data: event.data.slice(0, -9) } : event))
      for (const damaged of [without, doubled, swapped, torn, sse.slice(0, at)])
        assert.equal(checkGrammar(decode(damaged)), undefined, `event ${at}`)
    }
    for (let n = 0; n < 200; n++) {
      const broken = Buffer.from(bytes)
      for (let k = 0; k < 8; k++) broken[(n * 7919 + k * 104729) % broken.length] = (n * 31 + k * 17) % 256
      const events = decode(eventsOf(broken))
      assert.equal(checkGrammar(events), undefined)
      encode(events)
    }
  })

  test(`${id} is the same after it was written and read again`, () => {
    const to = context()
    const again = foldEvents(decode(eventsOf(Buffer.from(encode(events, to)))))
    assert.deepEqual(withoutRaw(again), withoutRaw(message))
    assert.deepEqual(to.losses.all, [])
  })

  test(`${id} is written as legal events`, async () => {
    const text = encode(events)
    const written = wires(text)
    assert.deepEqual(
      written.map(({ sequence_number }) => sequence_number),
      written.map((_, n) => n),
    )
    if (message.failure !== undefined) return
    const final = await readBySdk(text)
    assert.deepEqual(plain(final.output), plain(objectOf(written.at(-1)?.response)?.output))
  })

  if (message.failure === undefined)
    test(`${id} is the same streamed and whole`, () => {
      const response = lastResponse(stream)
      assert.ok(response)
      // A local server leaves the output of its final response empty.
      if (parts.length > 0 && itemsOf(response.output).length === 0) return
      const whole = decodeMessage(response, { issuer: 'up' })
      const encoded = encodeMessage(message, context())
      const outside = objectOf(message.native?.members.event) === undefined
      if (!ROTATING.has(id)) {
        if (outside) assert.deepEqual(withoutEnvelope(whole), withoutEnvelope(message))
        assert.deepEqual(plain(encodeMessage(whole, context())), plain({ ...PLAIN, ...response }))
        assert.deepEqual(plain(encoded), plain({ ...PLAIN, ...response }))
      }
      assert.equal(itemsOf(encoded.output).length, itemsOf(response.output).length)
    })
}

/** What an envelope of ours says where the upstream's says nothing at all. */
const PLAIN = { metadata: {}, parallel_tool_calls: true, tool_choice: 'auto' }

function withoutRaw({ failure, ...message }: Message): unknown {
  return { ...message, failure: failure && [failure.code, failure.status, failure.message] }
}

function withoutEnvelope({ native: _, ...message }: Message): unknown {
  return message
}

/** Reads a stream with the SDK's own strict helper. */
async function readBySdk(text: string) {
  const fetch = async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
  const client = new OpenAI({ apiKey: 'none', baseURL: 'http://localhost', fetch, maxRetries: 0 })
  return await client.responses.stream({ model: 'm', input: 'x' }).finalResponse()
}
