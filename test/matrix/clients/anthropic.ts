/** The `@anthropic-ai/sdk` package. */
import Anthropic from '@anthropic-ai/sdk'
import type { Expected } from '../../corpus.ts'
import { usageOf } from '../../sdk/answer.ts'
import { type Ask, type Client, type Told, TURN } from './client.ts'

export const anthropic: Client = {
  name: '@anthropic-ai/sdk',
  dialect: 'messages',
  unsaid: ['refusal'],
  isTyped: error => error instanceof Anthropic.APIError,
  async stream(ask) {
    return told(await clientFor(ask).messages.stream(questionTo(ask)).finalMessage())
  },
  async whole(ask) {
    return told(await clientFor(ask).messages.create(questionTo(ask)))
  },
}

function clientFor({ url, fetch }: Ask): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'sk-ant-client', maxRetries: 0, fetch })
}

function questionTo({ model }: Ask) {
  return { model, max_tokens: 100, messages: [TURN] }
}

function told({ content, usage, stop_reason }: Anthropic.Message): Told {
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

export const MESSAGES_FINISHES: Readonly<Record<string, Expected['finish']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  pause_turn: 'pause',
}
