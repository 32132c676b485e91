/** What the official client makes of the streams that the chat codec writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { encodeMessage } from '../../src/dialects/chat/message.ts'
import { createStreamDecoder } from '../../src/dialects/chat/stream-decoder.ts'
import { createStreamEncoder } from '../../src/dialects/chat/stream-encoder.ts'
import type { EncodeAnswerContext } from '../../src/dialects/codec.ts'
import { foldEvents, Losses, type StreamEvent } from '../../src/model/index.ts'
import { SseDecoder } from '../../src/sse/index.ts'
import { corpora } from '../corpus.ts'

const STREAMS = corpora()
  .flatMap(({ streams }) => streams)
  .filter(({ dialect }) => dialect === 'chat')

for (const { id, bytes } of STREAMS)
  test(`${id}: the client's helper reads our stream, and our whole body says the same`, async () => {
    const events = decode(bytes)
    const message = foldEvents(events)
    if (message.failure !== undefined) return
    const completion = await readByHelper(encode(events))
    const whole = JSON.parse(JSON.stringify(encodeMessage(message, contextOf())))
    assert.deepEqual(comparable(completion), comparable(whole))
  })

/** Where the helper knows less than we do. */
const MISREAD: Readonly<Record<string, string>> = {
  'chat/groq-text': 'it does not look for usage under x_groq',
  'chat/mistral-reasoning-text': 'it takes a content of parts for a text',
}

/** What it makes nothing of at all, and its word for it. */
const REFUSED: Readonly<Record<string, string>> = {
  'chat/azure-text-2': 'missing role for choice 0',
  'chat/cloudflare-text': 'missing role for choice 0',
  'chat/mistral-tool-cache-read': 'missing role for choice 0',
  'chat/openai-tool-5': 'missing finish_reason for choice 0',
  'chat/openrouter-error-reasoning-length': 'Token limit reached',
  'chat/snowflake-text': 'missing finish_reason for choice 0',
  'chat/writer-parallel-tools': 'no tool call snapshot',
}

for (const { id, bytes } of STREAMS)
  test(`${id}: our whole body says what the client's helper makes of the upstream's own stream`, async () => {
    const message = foldEvents(decode(bytes))
    if (message.failure !== undefined) return
    const own = readByHelper(dataOf(bytes))
    if (REFUSED[id] !== undefined) return assert.rejects(own, { message: REFUSED[id] })
    const ours = sayings(encodeMessage(message, contextOf()))
    if (MISREAD[id] === undefined) assert.deepEqual(ours, sayings(await own))
    else assert.notDeepEqual(ours, sayings(await own))
  })

const TEXTS = ['reasoning_content', 'reasoning', 'reasoning_text'] as const

for (const { id, bytes } of STREAMS)
  test(`${id}: our whole body says the reasoning in the member that the upstream said it in`, () => {
    const message = foldEvents(decode(bytes))
    const [candidate] = message.candidates
    const blocks = candidate?.parts.filter(({ kind }) => kind === 'reasoning') ?? []
    if (message.failure !== undefined || blocks.length !== 1) return
    const said = reasoningIn(bytes)
    if (said === undefined) return
    const { choices } = encodeMessage(message, contextOf()) as unknown as { choices: [{ message: Json }] }
    const { reasoning_content, reasoning, reasoning_text, reasoning_opaque } = choices[0].message
    assert.deepEqual({ reasoning_content, reasoning, reasoning_text, reasoning_opaque }, said)
  })

/** The texts of reasoning that an upstream's deltas say, joined; of two members with one text, the first. */
function reasoningIn(bytes: Buffer): Json | undefined {
  const texts: Record<string, string> = {}
  for (const data of dataOf(bytes).split('\n\n')) {
    const { choices = [] } = JSON.parse(data.slice(6)) as { choices?: { index?: number; delta?: Json }[] }
    const delta = choices.find(({ index = 0 }) => index === 0)?.delta ?? {}
    for (const name of [...TEXTS, 'reasoning_opaque'])
      if (typeof delta[name] === 'string') texts[name] = (texts[name] ?? '') + delta[name]
  }
  const first = TEXTS.find(name => texts[name])
  if (first === undefined) return undefined
  const none = { reasoning_content: undefined, reasoning: undefined, reasoning_text: undefined }
  return { ...none, [first]: texts[first], reasoning_opaque: texts.reasoning_opaque || undefined }
}

/** The JSON of a stream's frames, as data lines. */
function dataOf(bytes: Uint8Array): string {
  const frames: string[] = []
  const sse = new SseDecoder()
  sse.push(bytes, ({ data }) => frames.push(data))
  sse.end(({ data }) => frames.push(data))
  return frames
    .filter(data => data.startsWith('{'))
    .map(data => `data: ${data}`)
    .join('\n\n')
}

/** What a user sees of a completion. The helper knows no reasoning, and takes an index of calls for a place. */
function sayings(completion: unknown): unknown {
  const { choices, id, model, usage } = JSON.parse(JSON.stringify(completion)) as Json & { choices: Json[] }
  const { prompt_tokens, completion_tokens } = (usage ?? {}) as Json
  const seen = choices.map(({ index, finish_reason, message }) => {
    const { content, refusal, tool_calls } = message as Json
    const calls = ((tool_calls ?? []) as (Json & { function: Json })[]).filter(call => call !== null)
    return {
      index,
      finish_reason: calls.length > 0 && finish_reason === 'stop' ? 'tool_calls' : finish_reason,
      content: content || null,
      refusal: refusal || null,
      calls: calls.map(call => [call.id, call.function.name, call.function.arguments]),
    }
  })
  return { id, model, prompt_tokens, completion_tokens, seen }
}

function decode(bytes: Uint8Array): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: 'https://upstream.example' }, event => events.push(event))
  const sse = new SseDecoder()
  sse.push(bytes, event => decoder.push(event))
  sse.end(event => decoder.push(event))
  decoder.end()
  return events
}

function encode(events: readonly StreamEvent[]): string {
  let text = ''
  const encoder = createStreamEncoder(contextOf(), piece => {
    text += piece
  })
  for (const event of events) encoder.push(event)
  return text
}

function contextOf(): EncodeAnswerContext {
  let made = 0
  return {
    request: undefined,
    model: undefined,
    losses: new Losses(),
    createId: prefix => `${prefix}${made++}`,
    now: () => 0,
  }
}

async function readByHelper(text: string): Promise<unknown> {
  const lines = text.split('\n\n').filter(frame => frame.startsWith('data: {'))
  const stream = new ReadableStream({
    start(controller) {
      for (const line of lines) controller.enqueue(new TextEncoder().encode(`${line.slice(6)}\n`))
      controller.close()
    },
  })
  return await ChatCompletionStream.fromReadableStream(stream).finalChatCompletion()
}

type Json = Record<string, unknown>

/**
 * The helper keeps the last of what came in pieces that it does not know, and repeats what is said in
 * every chunk; a text that is empty is null in a whole body.
 */
function comparable(completion: unknown): unknown {
  const {
    object: _,
    choices,
    system_fingerprint,
    ...rest
  } = JSON.parse(JSON.stringify(completion)) as Json & { choices: Json[] }
  // The helper leaves an empty one out.
  const fingerprint = system_fingerprint || undefined
  return {
    ...rest,
    fingerprint,
    choices: choices.map(choice => ({ ...choice, message: messageOf(choice.message as Json) })),
  }
}

function messageOf(message: Json): Json {
  const {
    reasoning_content: _,
    reasoning: _1,
    reasoning_text: _2,
    reasoning_details: _3,
    content,
    tool_calls,
    ...rest
  } = message
  const calls = (tool_calls as Json[] | undefined)?.map(({ function: fn, ...call }) => {
    const { parsed_arguments: _parsed, ...said } = fn as Json
    return { ...call, function: said }
  })
  const { parsed: _parsed, ...known } = rest
  return { ...known, content: content || null, ...(calls === undefined ? {} : { tool_calls: calls }) }
}
