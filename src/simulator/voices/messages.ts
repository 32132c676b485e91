import type { RawHeaders } from '../../http/index.ts'
import type { FinishReason } from '../../model/index.ts'
import { type Asked, lastText, textsOf, tool } from '../asked.ts'
import { type Block, CREATED_AT, deltasOf, type Script } from '../script.ts'
import type { Frame, SimulatedFailure, Stage, Voice } from '../voice.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../wire-json.ts'

/** Anthropic Messages. */
export const messages: Voice = {
  eol: 'lf',
  ping: { event: 'ping', data: '{"type": "ping"}' },
  read,
  frames,
  whole,
  headers,
  failure,
  streamFailure: () => [frame('content', 'error', { error: { type: 'overloaded_error', message: 'Overloaded' } })],
  models,
}

const STOP: Partial<Record<FinishReason, string>> = {
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
}

function read(body: JsonObject): Omit<Asked, 'dialect'> {
  const turns = listOf(body.messages).map(objectOf)
  const tools = listOf(body.tools).map(objectOf)
  const users = turns.filter(({ role }) => role === 'user')
  const results = users.flatMap(({ content }) => listOf(content).map(objectOf)).filter(isResult)
  return {
    model: textOf(body.model),
    stream: body.stream === true,
    userText: lastText(users.at(-1)?.content),
    userTexts: users.flatMap(({ content }) => textsOf(content)),
    toolResults: results.map(({ content }) => textsOf(content).join('\n')),
    // A tool with another type is run by the provider.
    tools: tools.filter(({ type = 'custom' }) => type === 'custom').flatMap(one => tool(one.name, one.input_schema)),
    endsWithToolResult: listOf(turns.at(-1)?.content).some(part => isResult(objectOf(part))),
    includeUsage: true,
    prompt: JSON.stringify([body.system, turns, tools]),
  }
}

function isResult({ type }: JsonObject): boolean {
  return type === 'tool_result'
}

function* frames(script: Script): Generator<Frame> {
  const usage = usageOf(script)
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens_details } = usage
  const message = messageOf(script, [], { ...usage, output_tokens: 1, output_tokens_details: null })
  yield frame('handshake', 'message_start', { message: { ...message, stop_reason: null, stop_details: null } })
  for (const [index, block] of script.blocks.entries()) {
    const content_block = contentBlock(script, { ...block, ...EMPTY })
    yield frame(index === 0 ? 'handshake' : 'content', 'content_block_start', { index, content_block })
    if (index === 0) yield frame('handshake', 'ping', {})
    for (const delta of deltas(block)) yield frame('content', 'content_block_delta', { index, delta })
    yield frame('content', 'content_block_stop', { index })
  }
  const counts = { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens_details }
  yield frame('finish', 'message_delta', {
    delta: ending(script),
    usage: { ...counts, output_tokens: usage.output_tokens },
  })
  yield frame('trailer', 'message_stop', {})
}

function frame(stage: Stage, type: string, members: object): Frame {
  return { stage, event: type, data: JSON.stringify({ type, ...members }) }
}

const EMPTY = { text: '', seal: '', input: '{}' }

function contentBlock({ id }: Script, block: Block): object {
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: block.text }
    case 'reasoning':
      return { type: 'thinking', thinking: block.text, signature: block.seal }
    case 'tool-call': {
      const { call, name, input } = block
      return { type: 'tool_use', id: `toolu_${id}${call}`, name, input: JSON.parse(input), caller: { type: 'direct' } }
    }
  }
}

const DELTA: Record<Block['kind'], (text: string) => object> = {
  text: text => ({ type: 'text_delta', text }),
  refusal: text => ({ type: 'text_delta', text }),
  reasoning: thinking => ({ type: 'thinking_delta', thinking }),
  'tool-call': partial_json => ({ type: 'input_json_delta', partial_json }),
}

function deltas(block: Block): readonly object[] {
  const signature = block.kind === 'reasoning' ? [{ type: 'signature_delta', signature: block.seal }] : []
  return [...deltasOf(block).map(DELTA[block.kind]), ...signature]
}

function whole(script: Script): unknown {
  const content = script.blocks.map(block => contentBlock(script, block))
  return messageOf(script, content, usageOf(script))
}

function messageOf(script: Script, content: readonly object[], usage: object): object {
  const { id, model } = script
  return { model, id: `msg_${id}`, type: 'message', role: 'assistant', content, ...ending(script), usage }
}

function ending({ finish }: Script): object {
  return {
    stop_reason: STOP[finish] ?? 'end_turn',
    stop_sequence: null,
    stop_details: finish === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
  }
}

/** Cached input stands beside the input here, not inside it. */
function usageOf({ usage }: Script) {
  return {
    input_tokens: usage.input - usage.cacheRead,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning },
    service_tier: 'standard',
    inference_geo: 'global',
  }
}

function headers(requestId: string): RawHeaders {
  const reset = new Date((CREATED_AT + 60) * 1000).toISOString()
  return [
    ['request-id', requestId],
    ['anthropic-organization-id', '00000000-0000-4000-8000-000000000000'],
    ['anthropic-ratelimit-requests-limit', '4000'],
    ['anthropic-ratelimit-requests-remaining', '3999'],
    ['anthropic-ratelimit-requests-reset', reset],
    ['anthropic-ratelimit-tokens-limit', '400000'],
    ['anthropic-ratelimit-tokens-remaining', '399000'],
    ['anthropic-ratelimit-tokens-reset', reset],
    ['cache-control', 'no-cache'],
    ['set-cookie', '__cf_bm=sim; path=/; HttpOnly'],
    ['set-cookie', '_cfuvid=sim; path=/; HttpOnly'],
  ].flat()
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

function failure({ status, message, requestId }: SimulatedFailure): unknown {
  return { type: 'error', error: { type: ERROR_TYPES[status] ?? 'api_error', message }, request_id: requestId }
}

function models(names: readonly string[]): unknown {
  const created_at = new Date(CREATED_AT * 1000).toISOString()
  const data = names.map(id => ({ type: 'model', id, display_name: id, created_at }))
  return { data, has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null }
}
