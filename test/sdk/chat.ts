import OpenAI from 'openai'
import { type Answer, callOf, usageOf } from './answer.ts'
import { type Asking, collect, collectOne, type Reader } from './reader.ts'

/** Chat Completions, read by the official `openai` client. */
export const chat: Reader = {
  apiError: OpenAI.APIError,
  read(asking) {
    const { model, headers = {} } = asking
    const asksUsage = { stream: true, stream_options: { include_usage: true } } as const
    return collect(completions(asking).create({ model, messages: MESSAGES, ...asksUsage }, { headers }))
  },
  readWhole(asking) {
    const { model, headers = {} } = asking
    return collectOne(completions(asking).create({ model, messages: MESSAGES }, { headers }))
  },
  fold: chunks => fold(chunks as readonly Chunk[]),
}

const MESSAGES: [{ role: 'user'; content: string }] = [{ role: 'user', content: 'Hello' }]

function completions({ url, fetch }: Asking) {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0, fetch }).chat.completions
}

/** A chunk with what the recorded providers add to OpenAI's. */
interface Chunk {
  readonly choices?: readonly Choice[]
  readonly usage?: Usage | null
  readonly x_groq?: { readonly usage?: Usage }
}

interface Choice {
  readonly index?: number
  readonly delta?: Delta
  readonly finish_reason?: string | null
}

interface Delta {
  readonly content?: string | readonly Part[] | null
  readonly reasoning_content?: string | null
  readonly reasoning?: string | null
  readonly refusal?: string | null
  readonly tool_calls?: readonly CallDelta[] | null
}

/** Mistral. */
interface Part {
  readonly type: 'text' | 'thinking'
  readonly text?: string
  readonly thinking?: readonly { readonly text: string }[]
}

interface CallDelta {
  readonly index?: number
  readonly id?: string | null
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null }
}

interface Usage {
  readonly prompt_tokens?: number
  readonly completion_tokens?: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number; readonly cache_write_tokens?: number } | null
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null
  /** DeepSeek. */
  readonly prompt_cache_hit_tokens?: number
  /** Databricks. */
  readonly cache_creation_input_tokens?: number
  /** Azure. */
  readonly reasoning_tokens?: number
}

function fold(chunks: readonly Chunk[]): Answer {
  const choices = chunks.flatMap(chunk => chunk.choices ?? []).filter(({ index = 0 }) => index === 0)
  const deltas = choices.flatMap(({ delta }) => delta ?? [])
  const usage = chunks.map(chunk => chunk.usage ?? chunk.x_groq?.usage).findLast(said => said)
  return {
    text: deltas.map(({ content }) => partsOf(content).map(textOf).join('')).join(''),
    reasoning: deltas.map(reasoningOf).join(''),
    refusal: deltas.map(({ refusal }) => refusal ?? '').join(''),
    toolCalls: callsOf(deltas.flatMap(({ tool_calls }) => tool_calls ?? [])),
    usage: usage === undefined ? null : readUsage(usage),
    finishRaw: choices.map(({ finish_reason }) => finish_reason).findLast(said => said) ?? null,
  }
}

function partsOf(content: Delta['content']): readonly Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
}

function textOf({ type, text }: Part): string {
  return type === 'text' ? (text ?? '') : ''
}

function reasoningOf({ content, reasoning_content, reasoning }: Delta): string {
  const thought = partsOf(content).flatMap(({ thinking }) => thinking ?? [])
  return reasoning_content ?? reasoning ?? thought.map(({ text }) => text).join('')
}

function callsOf(deltas: readonly CallDelta[]): Answer['toolCalls'] {
  const calls: { index: number | undefined; id: string; name: string; raw: string }[] = []
  for (const { index, id, function: said } of deltas) {
    let call = calls.findLast(open => open.index === index)
    // Some providers give every call the same index, or none.
    if (call === undefined || (id && call.id !== id)) {
      call = { index, id: id ?? '', name: '', raw: '' }
      calls.push(call)
    }
    call.name ||= said?.name ?? ''
    call.raw += said?.arguments ?? ''
  }
  return calls.map(({ id, name, raw }) => callOf(id, name, raw))
}

function readUsage(usage: Usage): Answer['usage'] {
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage
  return usageOf({
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    cacheRead: prompt?.cached_tokens ?? usage.prompt_cache_hit_tokens,
    cacheWrite: prompt?.cache_write_tokens ?? usage.cache_creation_input_tokens,
    reasoning: completion?.reasoning_tokens ?? usage.reasoning_tokens,
  })
}
