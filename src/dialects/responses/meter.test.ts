import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FrameKind, Reading } from '../dialect.ts'
import { createMeter, whole } from './meter.ts'

interface Event {
  readonly type: string
}

function event(type: string, members: object = {}): Event {
  return { type, ...members }
}

function read(...events: readonly Event[]): { kinds: FrameKind[]; reading: Reading } {
  const meter = createMeter()
  const kinds = events.map((value, sequence_number) => {
    const frame = `event: ${value.type}\ndata: ${JSON.stringify({ ...value, sequence_number })}\n\n`
    return meter.frame(frame, 0, frame.length)
  })
  return { kinds, reading: meter.reading }
}

const USAGE = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 8, cache_write_tokens: 2 },
  output_tokens: 9,
  output_tokens_details: { reasoning_tokens: 5 },
}

const TOTALS = { input: 20, cacheRead: 8, cacheWrite: 2, output: 9, reasoning: 5 }

function completed(members: object = {}): Event {
  return event('response.completed', { response: { id: 'resp_1', model: 'm', status: 'completed', ...members } })
}

test('the handshake, announcements, keep-alives and unknown events are quiet', () => {
  const response = { id: 'resp_1', model: 'm', status: 'in_progress', output: [], usage: null }
  const { kinds, reading } = read(
    event('response.created', { response }),
    event('response.queued', { response }),
    event('response.in_progress', { response }),
    event('response.output_item.added', { item: { type: 'message', content: [] } }),
    event('response.output_item.added', { item: { type: 'reasoning', summary: [], encrypted_content: 'x' } }),
    event('response.content_part.added', { part: { type: 'output_text', text: '' } }),
    event('response.reasoning_summary_part.added', { part: { type: 'summary_text', text: '' } }),
    event('keepalive'),
    event('something.new'),
  )
  assert.deepEqual(new Set(kinds), new Set(['quiet']))
  assert.equal(reading.progress, 0)
  assert.equal(reading.model, 'm')
  assert.equal(reading.answerId, 'resp_1')
})

const CONTENT: readonly (readonly [Event, Partial<Reading>])[] = [
  [event('response.output_text.delta', { delta: 'Hi' }), { hasToken: true }],
  [event('response.refusal.delta', { delta: 'No' }), { hasToken: true }],
  [event('response.function_call_arguments.delta', { delta: '{' }), { hasToken: true }],
  [event('response.custom_tool_call_input.delta', { delta: '*' }), { hasToken: true }],
  [event('response.output_text.done', { text: 'Hi' }), { hasToken: true }],
  [event('response.refusal.done', { refusal: 'No' }), { hasToken: true }],
  [event('response.output_item.added', { item: { type: 'function_call', name: 'f' } }), { hasToken: true }],
  [event('response.output_item.done', { item: { type: 'message', content: [{ text: 'Hi' }] } }), { hasToken: true }],
  [event('response.reasoning_text.delta', { delta: 'Hm' }), { hasReasoning: true }],
  [event('response.reasoning_summary_text.delta', { delta: 'Hm' }), { hasReasoning: true }],
  [
    event('response.output_item.done', { item: { type: 'reasoning', summary: [{ text: 'Hm' }] } }),
    { hasReasoning: true },
  ],
  [event('response.output_item.added', { item: { type: 'web_search_call' } }), {}],
  [event('response.web_search_call.searching'), {}],
  [event('response.code_interpreter_call_code.delta', { delta: 'import' }), {}],
]

for (const [value, { hasToken = false, hasReasoning = false }] of CONTENT)
  test(`content: ${JSON.stringify(value)}`, () => {
    const { kinds, reading } = read(value)
    assert.deepEqual(kinds, ['content'])
    assert.equal(reading.hasToken, hasToken)
    assert.equal(reading.hasReasoning, hasReasoning)
  })

test('a delta without text is quiet', () => {
  const { kinds } = read(event('response.output_text.delta', { delta: '' }), event('response.output_text.delta'))
  assert.deepEqual(kinds, ['quiet', 'quiet'])
})

test('`response.completed` ends with its usage', () => {
  const { kinds, reading } = read(event('response.output_text.delta', { delta: 'Hi' }), completed({ usage: USAGE }))
  assert.deepEqual(kinds, ['content', 'terminal'])
  assert.deepEqual(reading.finish, { reason: 'stop', raw: 'completed' })
  assert.deepEqual(reading.usage, TOTALS)
  assert.equal(reading.isUsageFinal, true)
  assert.equal(reading.isFinished, true)
  assert.equal(reading.isTerminal, true)
})

test('a turn with a client-run call ends in tool calls, one with calls that the provider runs does not', () => {
  const call = (type: string) => event('response.output_item.done', { item: { type, name: 'f' } })
  for (const type of ['function_call', 'custom_tool_call'])
    assert.deepEqual(read(call(type), completed()).reading.finish, { reason: 'tool-calls', raw: 'completed' })
  for (const type of ['mcp_call', 'web_search_call', 'mcp_approval_request'])
    assert.deepEqual(read(call(type), completed()).reading.finish, { reason: 'stop', raw: 'completed' })
})

test('an incomplete response is neither failure nor plain success', () => {
  const incomplete = (details: object | null) =>
    read(
      event('response.incomplete', { response: { status: 'incomplete', incomplete_details: details, usage: USAGE } }),
    )
  assert.deepEqual(incomplete({ reason: 'max_output_tokens' }).reading.finish, {
    reason: 'length',
    raw: 'max_output_tokens',
  })
  assert.deepEqual(incomplete({ reason: 'content_filter' }).reading.finish, {
    reason: 'filtered',
    raw: 'content_filter',
  })
  assert.deepEqual(incomplete(null).reading.finish, { reason: 'other', raw: 'incomplete' })
  assert.deepEqual(incomplete(null).kinds, ['terminal'])
  assert.deepEqual(incomplete(null).reading.usage, TOTALS)
  assert.equal(incomplete(null).reading.failure, undefined)
})

test('an error without a type is a foreign failure', () => {
  const meter = createMeter()
  const frame = 'data: {"error":"Broken"}\n\n'
  assert.equal(meter.frame(frame, 0, frame.length), 'foreign-failure')
  assert.equal(meter.reading.failure?.message, 'Broken')
})

test('an error is a failure, nested or flat, and so is a response that failed, with its usage', () => {
  const error = { type: 'server_error', code: 'server_error', message: 'Broken', param: null }
  const failed = event('response.failed', {
    response: { id: 'r', status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow' }, usage: USAGE },
  })
  const nested = read(event('error', { error }), failed)
  assert.deepEqual(nested.kinds, ['failure', 'failure'])
  assert.deepEqual(nested.reading.failure?.message, 'Broken')
  assert.deepEqual(nested.reading.usage, TOTALS)
  assert.equal(nested.reading.isUsageFinal, true)
  assert.equal(nested.reading.isTerminal, false)
  const flat = read(event('error', { code: 'rate_limit_exceeded', message: 'Slow', param: null })).reading.failure
  assert.deepEqual(flat, { code: 'rate-limited', status: 429, message: 'Slow', raw: { code: 'rate_limit_exceeded' } })
  assert.deepEqual(read(failed).reading.failure, flat)
})

test('a failure after the end does not undo it, nor what it said of its usage', () => {
  const completed = event('response.completed', { response: { id: 'r', status: 'completed', usage: USAGE } })
  const failed = event('response.failed', { response: { status: 'failed', error: { message: 'Late' }, usage: null } })
  const { reading } = read(completed, failed)
  assert.deepEqual([reading.isFinished, reading.isUsageFinal, reading.failure?.message], [true, true, 'Late'])
})

test('`[DONE]` means nothing, before and after the end', () => {
  const meter = createMeter()
  assert.equal(meter.frame('data: [DONE]\n\n', 0, 14), 'quiet')
  assert.equal(meter.reading.isTerminal, false)
  assert.equal(meter.reading.malformed, 0)
})

test('events without event lines and without numbers are read by their types', () => {
  const meter = createMeter()
  const frame = `data: ${JSON.stringify(completed({ usage: USAGE }))}\r\n\r\n`
  assert.equal(meter.frame(frame, 0, frame.length), 'terminal')
})

test('a whole response is read from its members', () => {
  const read = (status: string, more: object) => whole.read({ id: 'r', model: 'm', status, ...more })
  assert.deepEqual(read('completed', { usage: USAGE, output: [{ type: 'function_call' }], error: null }).finish, {
    reason: 'tool-calls',
    raw: 'completed',
  })
  assert.deepEqual(read('completed', { usage: USAGE }).usage, TOTALS)
  assert.equal(read('completed', { usage: USAGE }).isUsageFinal, true)
  assert.equal(read('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }).finish?.reason, 'length')
  assert.equal(read('failed', { error: { code: 'server_error', message: 'Broken' } }).failure?.message, 'Broken')
  assert.equal(read('failed', { error: { code: 'server_error', message: 'Broken' } }).isTerminal, false)
  assert.equal(read('queued', {}).isFinished, false)
})

test('a whole body that is an error is no success', () => {
  const reading = whole.read({ error: { message: 'No', type: 'invalid_request_error' } })
  assert.equal(reading.failure?.code, 'bad-request')
  assert.equal(reading.failure?.message, 'No')
})
