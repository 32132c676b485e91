import Anthropic from '@anthropic-ai/sdk'
import type { MessageCreateParamsBase, RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
import { type Answer, callOf, usageOf } from './answer.ts'
import { type Asking, collect, collectOne, type Reader } from './reader.ts'

/** Messages, read by the official `@anthropic-ai/sdk` client. */
export const messages: Reader = {
  apiError: Anthropic.APIError,
  read(asking) {
    const { model, headers = {} } = asking
    return collect(clientOf(asking).messages.create({ model, ...QUESTION, stream: true }, { headers }))
  },
  readWhole(asking) {
    const { model, headers = {} } = asking
    return collectOne(clientOf(asking).messages.create({ model, ...QUESTION }, { headers }))
  },
  fold: events => fold(events as readonly RawMessageStreamEvent[]),
}

const QUESTION: Pick<MessageCreateParamsBase, 'messages' | 'max_tokens'> = {
  messages: [{ role: 'user', content: 'Hello' }],
  max_tokens: 100,
}

function clientOf({ url, fetch }: Asking): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'sk-ant-client', maxRetries: 0, fetch })
}

interface Usage {
  readonly input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
  readonly output_tokens_details?: { readonly thinking_tokens?: number } | null
}

function fold(events: readonly RawMessageStreamEvent[]): Answer {
  const deltas = events.flatMap(event => (event.type === 'content_block_delta' ? [event.delta] : []))
  const ends = events.flatMap(event => (event.type === 'message_delta' ? [event.delta] : []))
  return {
    text: deltas.map(delta => (delta.type === 'text_delta' ? delta.text : '')).join(''),
    reasoning: deltas.map(delta => (delta.type === 'thinking_delta' ? delta.thinking : '')).join(''),
    refusal: '',
    toolCalls: callsOf(events),
    usage: readUsage(events),
    finishRaw: ends.at(-1)?.stop_reason ?? null,
  }
}

function callsOf(events: readonly RawMessageStreamEvent[]): Answer['toolCalls'] {
  return events.flatMap(event => {
    if (event.type !== 'content_block_start' || event.content_block.type !== 'tool_use') return []
    const { index, content_block } = event
    const pieces = events.map(later =>
      later.type === 'content_block_delta' && later.index === index && later.delta.type === 'input_json_delta'
        ? later.delta.partial_json
        : '',
    )
    return [callOf(content_block.id, content_block.name, pieces.join(''))]
  })
}

/** The last explicit value of each member; cached input stands beside the input. */
function readUsage(events: readonly RawMessageStreamEvent[]): Answer['usage'] {
  const said: Record<string, unknown>[] = events.flatMap(event => {
    if (event.type === 'message_start') return [{ ...event.message.usage }]
    return event.type === 'message_delta' ? [{ ...event.usage }] : []
  })
  const explicit = said.map(usage => Object.fromEntries(Object.entries(usage).filter(([, value]) => value != null)))
  const usage: Usage = Object.assign({}, ...explicit)
  const { cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite } = usage
  return usageOf({
    input: usage.input_tokens == null ? undefined : usage.input_tokens + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: usage.output_tokens,
    cacheRead,
    cacheWrite,
    reasoning: usage.output_tokens_details?.thinking_tokens,
  })
}
