/** The `openai` package: both of its APIs. */
import OpenAI from 'openai'
import type { Expected } from '../../corpus.ts'
import { callOf, usageOf } from '../../sdk/answer.ts'
import { chat as chatReader } from '../../sdk/chat.ts'
import { type Ask, type Client, type Told, TURN } from './client.ts'

export const openaiChat: Client = {
  name: 'openai chat',
  dialect: 'chat',
  isTyped,
  async stream(ask) {
    const stream = clientFor(ask).chat.completions.stream({
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
    const completion = await clientFor(ask).chat.completions.create({ model: ask.model, messages: [TURN] })
    const message = completion.choices[0]?.message as { readonly reasoning_content?: string } | undefined
    return toldByChat(completion, message?.reasoning_content ?? '')
  },
}

export const openaiResponses: Client = {
  name: 'openai responses',
  dialect: 'responses',
  isTyped,
  async stream(ask) {
    const stream = clientFor(ask).responses.stream({ model: ask.model, input: [TURN] })
    return toldByResponses(await stream.finalResponse())
  },
  async whole(ask) {
    return toldByResponses(await clientFor(ask).responses.create({ model: ask.model, input: [TURN] }))
  },
}

function clientFor({ url, fetch }: Ask): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0, fetch })
}

function isTyped(error: unknown): boolean {
  return error instanceof OpenAI.APIError
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

function toldByResponses({ output, usage, status, incomplete_details }: OpenAI.Responses.Response): Told {
  const content = output.flatMap(item => (item.type === 'message' ? item.content : []))
  const calls = output.flatMap(toCalls)
  return {
    text: content.map(part => (part.type === 'output_text' ? part.text : '')).join(''),
    reasoning: output.map(reasoningOf).join(''),
    refusal: content.map(part => (part.type === 'refusal' ? part.refusal : '')).join(''),
    calls,
    usage: usageOf({
      input: usage?.input_tokens,
      output: usage?.output_tokens,
      cacheRead: usage?.input_tokens_details?.cached_tokens,
      cacheWrite: usage?.input_tokens_details?.cache_write_tokens,
      reasoning: usage?.output_tokens_details?.reasoning_tokens,
    }),
    finish: responsesFinish(incomplete_details?.reason ?? status, calls.length > 0),
  }
}

function toCalls(item: OpenAI.Responses.ResponseOutputItem): Told['calls'] {
  if (item.type === 'custom_tool_call') return [{ id: item.call_id, name: item.name, args: item.input }]
  return item.type === 'function_call' ? [callOf(item.call_id, item.name, item.arguments)] : []
}

function reasoningOf(item: OpenAI.Responses.ResponseOutputItem): string {
  if (item.type !== 'reasoning') return ''
  return [...item.summary, ...(item.content ?? [])].map(({ text }) => text).join('')
}

function responsesFinish(word: string | undefined, isCalling: boolean): Expected['finish'] {
  if (word === 'completed') return isCalling ? 'tool_calls' : 'stop'
  return RESPONSES_FINISHES[word ?? ''] ?? null
}

const RESPONSES_FINISHES: Readonly<Record<string, Expected['finish']>> = {
  max_output_tokens: 'length',
  content_filter: 'content_filter',
}
