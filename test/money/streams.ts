/** Streams in the shapes that providers were recorded in, around a usage that is written by hand. */
import type { DialectName } from '../../src/dialects/index.ts'

/** A stream of an upstream, as frames. */
export interface Told {
  readonly dialect: DialectName
  readonly frames: readonly string[]
}

function told(dialect: DialectName, events: readonly (object | string)[]): Told {
  return { dialect, frames: events.map(event => frameOf(event)) }
}

function frameOf(event: object | string): string {
  if (typeof event === 'string') return `data: ${event}\n\n`
  const { type } = event as { type?: unknown }
  return `${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`
}

/** What may differ of a stream beside its usage. */
export interface Setting {
  readonly model?: string
  readonly tier?: string
}

function chunk({ model = 'mill-o', tier }: Setting, members: object): object {
  const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_790_000_000, model }
  return { ...envelope, ...(tier === undefined ? {} : { service_tier: tier }), choices: [], ...members }
}

function choice(delta: object, finish: string | null = null): object {
  return { choices: [{ index: 0, delta, finish_reason: finish }] }
}

/** The usage in a chunk of its own, as OpenAI does. */
export function chat(usage: object, setting: Setting = {}): Told {
  return told('chat', [
    chunk(setting, choice({ role: 'assistant', content: '' })),
    chunk(setting, choice({ content: 'Flour' })),
    chunk(setting, choice({}, 'stop')),
    chunk(setting, { usage }),
    '[DONE]',
  ])
}

/** The tier is told where the usage is, and not before. */
export function chatLateTier(usage: object, tier: string): Told {
  return told('chat', [
    chunk({}, choice({ role: 'assistant', content: 'Flour' })),
    chunk({}, choice({}, 'stop')),
    chunk({ tier }, { usage }),
    '[DONE]',
  ])
}

/** The usage as a running total in every chunk, the last one in the chunk with the finish. */
export function chatRunning(usages: readonly [object, object, object], setting: Setting = {}): Told {
  return told('chat', [
    chunk(setting, { ...choice({ role: 'assistant', content: '' }), usage: usages[0] }),
    chunk(setting, { ...choice({ content: 'Flour' }), usage: usages[1] }),
    chunk(setting, { ...choice({}, 'stop'), usage: usages[2] }),
    '[DONE]',
  ])
}

function response(setting: Setting, status: string, members: object = {}): object {
  const { model = 'mill-o' } = setting
  return { id: 'resp_1', object: 'response', created_at: 1_790_000_000, status, model, output: [], ...members }
}

const MESSAGE = { type: 'message', id: 'msg_1', role: 'assistant' }
const PART = { type: 'output_text', text: 'Flour', annotations: [] }

/** Items of tools that the provider ran, and what its own count says, if it has one. */
export function responsesWithTools(usage: object, items: readonly object[], toolUsage?: object): Told {
  const final = { usage, output: items, ...(toolUsage === undefined ? {} : { tool_usage: toolUsage }) }
  const events = [
    { type: 'response.created', response: response({}, 'in_progress', { usage: null }) },
    ...items.flatMap((item, output_index) => [
      { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress' } },
      { type: 'response.output_item.done', output_index, item },
    ]),
    { type: 'response.completed', response: response({}, 'completed', final) },
  ]
  return told(
    'responses',
    events.map((event, number) => ({ ...event, sequence_number: number })),
  )
}

/** @param end `completed`, `incomplete` or `failed` */
export function responses(usage: object, setting: Setting = {}, end = 'completed'): Told {
  const at = { output_index: 0, item_id: 'msg_1', content_index: 0 }
  const item = { ...MESSAGE, status: 'completed', content: [PART] }
  const why = {
    completed: {},
    incomplete: { incomplete_details: { reason: 'max_output_tokens' } },
    failed: { error: { code: 'server_error', message: 'The mill is closed' } },
  }[end]
  const final = { service_tier: setting.tier ?? 'default', output: [item], usage, ...why }
  const events = [
    { type: 'response.created', response: response(setting, 'in_progress', { service_tier: 'auto', usage: null }) },
    { type: 'response.output_item.added', output_index: 0, item: { ...MESSAGE, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...at, part: { ...PART, text: '' } },
    { type: 'response.output_text.delta', ...at, delta: 'Flour' },
    { type: 'response.output_text.done', ...at, text: 'Flour' },
    { type: 'response.content_part.done', ...at, part: PART },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: `response.${end}`, response: response(setting, end, final) },
  ]
  return told(
    'responses',
    events.map((event, number) => ({ ...event, sequence_number: number })),
  )
}

function messageStart(usage: object, { model = 'mill-a', tier = 'standard' }: Setting): object {
  const envelope = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null }
  return {
    type: 'message_start',
    message: { ...envelope, stop_sequence: null, usage: { ...usage, service_tier: tier } },
  }
}

const TEXT = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Flour' } },
  { type: 'content_block_stop', index: 0 },
]

/** @param start the usage at the start, where output is but a beginning */
export function messages(start: object, end: object, setting: Setting = {}): Told {
  return told('messages', [
    messageStart(start, setting),
    ...TEXT,
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: end },
    { type: 'message_stop' },
  ])
}

/** An error in the place of the end; without content it comes at once. */
export function messagesFailed(start: object, hasContent: boolean, setting: Setting = {}): Told {
  return told('messages', [
    messageStart(start, setting),
    ...(hasContent ? TEXT.slice(0, 2) : []),
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded, a very long explanation of why' } },
  ])
}

/** Counts in every chunk, of which the last ones count. */
export function gemini(usages: readonly [object, object], setting: Setting = {}): Told {
  const { model = 'mill-o' } = setting
  const of = (members: object, usageMetadata: object) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Flour' }] }, ...members }],
    usageMetadata,
    modelVersion: model,
    responseId: 'g1',
  })
  return told('gemini', [of({}, usages[0]), of({ finishReason: 'STOP' }, usages[1])])
}

/** An answer that rests on searches of Google's. */
export function geminiGrounded(usageMetadata: object, webSearchQueries: readonly string[]): Told {
  const candidate = { index: 0, content: { role: 'model', parts: [{ text: 'Flour' }] }, finishReason: 'STOP' }
  return told('gemini', [
    { candidates: [{ ...candidate, groundingMetadata: { webSearchQueries } }], usageMetadata, modelVersion: 'mill-o' },
  ])
}

/** A prompt that was not let through: no candidates, and only its own tokens. */
export function geminiBlocked(usageMetadata: object): Told {
  return told('gemini', [{ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata, modelVersion: 'mill-o' }])
}
