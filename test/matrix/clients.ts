/** The official clients with their strict helpers: they accumulate, and throw at what is not to the letter. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { DialectName } from '../../src/dialects/index.ts'
import type { Expected } from '../corpus.ts'
import { type Answer, callOf, usageOf } from '../sdk/answer.ts'
import { chat as chatReader } from '../sdk/chat.ts'

/** Dialects whose clients are here. */
export type ClientName = Extract<DialectName, 'chat' | 'messages'>

export type Shape = 'stream' | 'whole'

/** What a client made of an answer. */
export interface Told extends Pick<Answer, 'text' | 'reasoning' | 'refusal' | 'usage'> {
  readonly calls: readonly { readonly id: string | null; readonly name: string; readonly args: unknown }[]
  readonly finish: Expected['finish']
}

export interface Ask {
  readonly url: string
  readonly model: string
  readonly fetch: typeof fetch
}

/** @throws what the client throws: an API error, or a word about a stream that is not to the letter */
export type Client = Readonly<Record<Shape, (ask: Ask) => Promise<Told>>>

const TURN = { role: 'user', content: 'Hello' } as const

const chat: Client = {
  async stream(ask) {
    const stream = openai(ask).chat.completions.stream({
      model: ask.model,
      messages: [TURN],
      stream_options: { include_usage: true },
    })
    const chunks: unknown[] = []
    for await (const chunk of stream) chunks.push(chunk)
    // What the helper does not accumulate is read from the chunks.
    const { reasoning } = chatReader.fold(chunks)
    return toldByChat(await stream.finalChatCompletion(), reasoning)
  },
  async whole(ask) {
    const completion = await openai(ask).chat.completions.create({ model: ask.model, messages: [TURN] })
    const message = completion.choices[0]?.message as { readonly reasoning_content?: string } | undefined
    return toldByChat(completion, message?.reasoning_content ?? '')
  },
}

function openai({ url, fetch }: Ask): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0, fetch })
}

function toldByChat({ choices, usage }: OpenAI.ChatCompletion, reasoning: string): Told {
  const [choice] = choices
  const { content, refusal, tool_calls = [] } = choice?.message ?? {}
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage ?? {}
  return {
    text: content ?? '',
    reasoning,
    refusal: refusal ?? '',
    calls: tool_calls.map(call =>
      call.type === 'function'
        ? callOf(call.id, call.function.name, call.function.arguments)
        : { id: call.id, name: call.custom.name, args: call.custom.input },
    ),
    usage: usageOf({
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
      cacheRead: prompt?.cached_tokens,
      cacheWrite: prompt?.cache_write_tokens,
      reasoning: completion?.reasoning_tokens,
    }),
    finish: CHAT_FINISHES[choice?.finish_reason ?? ''] ?? null,
  }
}

const CHAT_FINISHES: Readonly<Record<string, Expected['finish']>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
}

const messages: Client = {
  async stream(ask) {
    return toldByMessages(await anthropic(ask).messages.stream(questionTo(ask)).finalMessage())
  },
  async whole(ask) {
    return toldByMessages(await anthropic(ask).messages.create(questionTo(ask)))
  },
}

function anthropic({ url, fetch }: Ask): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'sk-ant-client', maxRetries: 0, fetch })
}

function questionTo({ model }: Ask) {
  return { model, max_tokens: 100, messages: [TURN] }
}

function toldByMessages({ content, usage, stop_reason }: Anthropic.Message): Told {
  const { cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite } = usage
  return {
    text: content.map(block => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: content.map(block => (block.type === 'thinking' ? block.thinking : '')).join(''),
    refusal: '',
    calls: content.flatMap(block =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, args: block.input }] : [],
    ),
    usage: usageOf({
      input: usage.input_tokens + (cacheRead ?? 0) + (cacheWrite ?? 0),
      output: usage.output_tokens,
      cacheRead,
      cacheWrite,
      reasoning: usage.output_tokens_details?.thinking_tokens,
    }),
    finish: MESSAGES_FINISHES[stop_reason ?? ''] ?? null,
  }
}

const MESSAGES_FINISHES: Readonly<Record<string, Expected['finish']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  pause_turn: 'pause',
}

export const CLIENTS: Readonly<Record<ClientName, Client>> = { chat, messages }
