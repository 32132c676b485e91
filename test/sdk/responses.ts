import OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { type Answer, callOf, usageOf } from './answer.ts'
import { type Asking, collect, collectOne, type Reader } from './reader.ts'

/** Responses, read by the official `openai` client. */
export const responses: Reader = {
  apiError: OpenAI.APIError,
  read(asking) {
    const { model, headers = {} } = asking
    return collect(clientOf(asking).responses.create({ model, stream: true, input: 'Hello' }, { headers }))
  },
  readWhole(asking) {
    const { model, headers = {} } = asking
    return collectOne(clientOf(asking).responses.create({ model, input: 'Hello' }, { headers }))
  },
  fold: events => fold(events as readonly ResponseStreamEvent[]),
}

function clientOf({ url, fetch }: Asking): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0, fetch })
}

function fold(events: readonly ResponseStreamEvent[]): Answer {
  const join = (...types: readonly ResponseStreamEvent['type'][]) =>
    events.map(event => (types.includes(event.type) && 'delta' in event ? event.delta : '')).join('')
  const last = events.flatMap(event => (isEnd(event) ? [event.response] : [])).at(-1)
  return {
    text: join('response.output_text.delta'),
    reasoning: join('response.reasoning_summary_text.delta', 'response.reasoning_text.delta'),
    refusal: join('response.refusal.delta'),
    toolCalls: events.flatMap(event =>
      event.type === 'response.output_item.done' && event.item.type === 'function_call'
        ? [callOf(event.item.call_id, event.item.name, event.item.arguments)]
        : [],
    ),
    usage: last?.usage ? readUsage(last.usage) : null,
    finishRaw:
      last === undefined || last.status === 'failed' ? null : (last.incomplete_details?.reason ?? last.status ?? null),
  }
}

function isEnd(event: ResponseStreamEvent) {
  return event.type === 'response.completed' || event.type === 'response.incomplete' || event.type === 'response.failed'
}

function readUsage(usage: OpenAI.Responses.ResponseUsage): Answer['usage'] {
  return usageOf({
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.input_tokens_details?.cached_tokens,
    cacheWrite: usage.input_tokens_details?.cache_write_tokens,
    reasoning: usage.output_tokens_details?.reasoning_tokens,
  })
}
