/** A collected answer is what the official SDK makes of the same stream. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { DialectName } from '../../src/dialects/index.ts'
import { StreamingBufferService } from '../../src/streaming/index.ts'
import { type CorpusStream, corpora } from '../corpus.ts'
import { ScriptedClient } from '../scripted.ts'
import { gemini } from './gemini.ts'

type Json = Readonly<Record<string, unknown>>

/** An answer over the stream, as the SDK's own accumulator has it. */
type Accumulate = (fetch: typeof globalThis.fetch) => Promise<unknown>

const TURN = { role: 'user', content: 'Hello' } as const
const ASKED = { model: 'm', messages: [TURN] }

const ACCUMULATE: Readonly<Record<DialectName, Accumulate>> = {
  chat(fetch) {
    const { chat } = new OpenAI({ apiKey: 'sk-client', maxRetries: 0, fetch })
    return chat.completions.stream({ ...ASKED, stream: true }).finalChatCompletion()
  },
  responses(fetch) {
    const { responses } = new OpenAI({ apiKey: 'sk-client', maxRetries: 0, fetch })
    return responses.stream({ model: 'm', input: 'Hello' }).finalResponse()
  },
  messages(fetch) {
    const { messages } = new Anthropic({ apiKey: 'sk-client', maxRetries: 0, fetch })
    return messages.stream({ ...ASKED, max_tokens: 100 }).finalMessage()
  },
  // It has none.
  async gemini(fetch) {
    const { items, error } = await gemini.read({ url: 'http://up.test', model: 'm', fetch })
    if (error !== undefined) throw error
    return items
  },
}

const URLS: Readonly<Record<DialectName, string>> = {
  chat: 'http://up.test/v1/chat/completions',
  responses: 'http://up.test/v1/responses',
  messages: 'http://up.test/v1/messages',
  gemini: 'http://up.test/v1beta/models/m:generateContent',
}

const BODIES: Readonly<Record<DialectName, Json>> = {
  chat: ASKED,
  responses: { model: 'm', input: 'Hello' },
  messages: { ...ASKED, max_tokens: 100 },
  gemini: { contents: [] },
}

async function collected({ dialect, bytes }: CorpusStream): Promise<Json> {
  const httpClient = new ScriptedClient()
  const answer = new StreamingBufferService({ httpClient }).handleBufferedStreamingRequest({
    ...{ method: 'POST', url: URLS[dialect], headers: {}, body: JSON.stringify(BODIES[dialect]) },
  })
  httpClient.calls[0]?.head(200, ['content-type', 'text/event-stream']).data(bytes).end()
  return (await (await answer).json()) as Json
}

async function accumulated({ dialect, bytes }: CorpusStream): Promise<unknown> {
  const fetch = async () => new Response(bytes, { headers: { 'content-type': 'text/event-stream' } })
  return JSON.parse(JSON.stringify(await ACCUMULATE[dialect](fetch as typeof globalThis.fetch)))
}

/** What a caller reads in an answer; without what only an SDK adds, and what no accumulator of theirs gathers. */
const FACES: Readonly<Record<DialectName, (answer: unknown) => unknown>> = {
  chat(answer) {
    const { id, model, choices, usage } = answer as OpenAI.ChatCompletion
    const faces = choices.map(({ index, finish_reason, message }) => {
      const { content, refusal, tool_calls } = message
      return {
        index,
        finish_reason,
        content: content || null,
        refusal: refusal ?? null,
        tool_calls: tool_calls ?? null,
      }
    })
    return { id, model, choices: faces, usage: countsOf(usage, ['prompt_tokens', 'completion_tokens', 'total_tokens']) }
  },
  responses(answer) {
    const { id, model, status, output, usage } = answer as OpenAI.Responses.Response
    // Tokens of one item differ from event to event: any of them is the item's.
    const items = without(output, ['parsed', 'parsed_arguments', 'logprobs', 'encrypted_content'])
    return { id, model, status, items, usage: countsOf(usage, ['input_tokens', 'output_tokens', 'total_tokens']) }
  },
  messages(answer) {
    const { id, model, content, stop_reason, stop_sequence, usage } = answer as Anthropic.Message
    return { id, model, content, stop_reason, stop_sequence, usage: countsOf(usage, ['input_tokens', 'output_tokens']) }
  },
  gemini(answer) {
    const { toolCalls, ...face } = gemini.fold([answer].flat())
    // Where Google gives no id we make one up.
    return {
      ...face,
      toolCalls: toolCalls.map(call => ({ ...call, id: call.id?.startsWith('call_') ? null : call.id })),
    }
  },
}

function countsOf(usage: object | null | undefined, names: readonly string[]): unknown {
  return usage ? Object.fromEntries(Object.entries(usage).filter(([name]) => names.includes(name))) : null
}

function without(value: unknown, names: readonly string[]): unknown {
  return JSON.parse(JSON.stringify(value, (name, member) => (names.includes(name) ? undefined : member)))
}

/** What the SDK itself does not accumulate. */
const MISSED: Readonly<Record<string, string>> = {
  'messages/anthropic-compaction-text-3': 'deltas of a compaction',
  'messages/anthropic-echo-mcp-text': 'the input of a tool on an MCP server',
  'chat/mistral-reasoning-text': 'content in parts',
  'chat/groq-text': 'usage beside the envelope',
  'responses/local-crlf-keepalive-done': 'items that the last event does not repeat',
}

/** What the SDK makes nothing of at all, and its word for it. */
const REFUSED: Readonly<Record<string, string>> = {
  'messages/compatible-data-only-crlf': 'request ended without sending any chunks',
  'chat/azure-text-2': 'missing role for choice 0',
  'chat/cloudflare-text': 'missing role for choice 0',
  'chat/mistral-tool-cache-read': 'missing role for choice 0',
  'chat/openai-tool-5': 'missing finish_reason for choice 0',
  'chat/snowflake-text': 'missing finish_reason for choice 0',
  'chat/writer-parallel-tools': 'no tool call snapshot',
  'responses/openai-reasoning-text': 'Lifecycle response identity changed.',
}

const STREAMS = corpora()
  .flatMap(({ streams }) => streams)
  .filter(({ expected, flags }) => expected.error === null && !flags.includes('truncated'))

for (const stream of STREAMS) {
  const { id, dialect, expected } = stream
  const refusal = REFUSED[id]
  const missed = MISSED[id]
  if (refusal !== undefined)
    test(`${id} is collected as its manifest says; its SDK: ${refusal}`, async () => {
      await assert.rejects(accumulated(stream), { message: refusal })
      assertSaid(dialect, await collected(stream), expected)
    })
  else if (missed !== undefined)
    test(`${id} is collected as its manifest says; its SDK misses ${missed}`, async () => {
      const ours = await collected(stream)
      assert.notDeepEqual(FACES[dialect](await accumulated(stream)), FACES[dialect](ours))
      assertSaid(dialect, ours, expected)
    })
  else
    test(`${id} is collected as its SDK accumulates it`, async () =>
      assert.deepEqual(FACES[dialect](await collected(stream)), FACES[dialect](await accumulated(stream))))
}

/** Text and calls of the first candidate, where no SDK can be asked. */
function assertSaid(dialect: DialectName, answer: unknown, { text, toolCalls }: CorpusStream['expected']): void {
  const said = SAID[dialect](answer)
  assert.equal(said.text, text)
  assert.deepEqual(
    said.calls.map(([name, args]) => [name, args === '' ? {} : JSON.parse(args)]),
    toolCalls.map(({ name, args }) => [name, args ?? {}]),
  )
}

interface SaidByAnswer {
  readonly text: string
  readonly calls: readonly (readonly [name: string, args: string])[]
}

const SAID: Readonly<Record<DialectName, (answer: unknown) => SaidByAnswer>> = {
  chat(answer) {
    const [choice] = (answer as OpenAI.ChatCompletion).choices
    const calls = choice?.message.tool_calls?.filter(call => call.type === 'function') ?? []
    return {
      text: choice?.message.content ?? '',
      calls: calls.map(({ function: called }) => [called.name, called.arguments] as const),
    }
  },
  responses(answer) {
    const { output } = answer as OpenAI.Responses.Response
    const parts = output.flatMap(item => (item.type === 'message' ? item.content : []))
    const calls = output.filter(item => item.type === 'function_call')
    return {
      text: parts.map(part => (part.type === 'output_text' ? part.text : '')).join(''),
      calls: calls.map(call => [call.name, call.arguments] as const),
    }
  },
  messages(answer) {
    const { content } = answer as Anthropic.Message
    const calls = content.filter(block => block.type === 'tool_use')
    return {
      text: content.map(block => (block.type === 'text' ? block.text : '')).join(''),
      calls: calls.map(call => [call.name, JSON.stringify(call.input)] as const),
    }
  },
  gemini(answer) {
    const { text, toolCalls } = gemini.fold([answer].flat())
    return { text, calls: toolCalls.map(call => [call.name, call.raw] as const) }
  },
}
