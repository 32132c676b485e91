import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, toLatin1 } from '../../bytes.ts'
import type { FrameKind, Reading } from '../dialect.ts'
import { createMeter, whole } from './meter.ts'

interface Event {
  readonly type: string
}

function read(...events: readonly Event[]): { kinds: FrameKind[]; reading: Reading } {
  const meter = createMeter()
  const kinds = events.map(event => {
    const frame = toLatin1(fromUtf8(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`))
    return meter.frame(frame, 0, frame.length)
  })
  return { kinds, reading: meter.reading }
}

function start(usage: object): Event & object {
  return { type: 'message_start', message: { id: 'msg_1', model: 'claude', usage } } as Event
}

function block(content_block: object): Event {
  return { type: 'content_block_start', index: 0, content_block } as Event
}

function delta(value: object): Event {
  return { type: 'content_block_delta', index: 0, delta: value } as Event
}

function end(stop_reason: string | null, usage?: object, stop_sequence: string | null = null): Event {
  return { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage } as Event
}

const STOP: Event = { type: 'message_stop' }

test('the handshake, pings, unknown events and ends of blocks are quiet', () => {
  const { kinds, reading } = read(
    start({ input_tokens: 1 }),
    { type: 'ping' },
    block({ type: 'text', text: '' }),
    block({ type: 'thinking', thinking: '', signature: '' }),
    { type: 'content_block_stop' },
    { type: 'something_new' },
  )
  assert.deepEqual(new Set(kinds), new Set(['quiet']))
  assert.equal(reading.progress, 0)
  assert.equal(reading.model, 'claude')
  assert.equal(reading.answerId, 'msg_1')
})

const CONTENT: readonly (readonly [Event, Partial<Reading>])[] = [
  [block({ type: 'tool_use', id: 't', name: 'f', input: {} }), { hasToken: true }],
  [block({ type: 'text', text: 'Hi' }), { hasToken: true }],
  [block({ type: 'redacted_thinking', data: 'x' }), { hasReasoning: true }],
  [block({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }), {}],
  [block({ type: 'web_search_tool_result', content: [] }), {}],
  [delta({ type: 'text_delta', text: 'Hi' }), { hasToken: true }],
  [delta({ type: 'thinking_delta', thinking: 'Hm' }), { hasReasoning: true }],
  [delta({ type: 'signature_delta', signature: 'x' }), {}],
  [delta({ type: 'input_json_delta', partial_json: '{' }), {}],
  [delta({ type: 'citations_delta', citation: {} }), {}],
  [delta({ type: 'something_new' }), {}],
]

for (const [event, { hasToken = false, hasReasoning = false }] of CONTENT)
  test(`content: ${JSON.stringify(event)}`, () => {
    const { kinds, reading } = read(event)
    assert.deepEqual(kinds, ['content'])
    assert.equal(reading.hasToken, hasToken)
    assert.equal(reading.hasReasoning, hasReasoning)
  })

test('empty deltas are quiet', () => {
  const { kinds } = read(
    delta({ type: 'text_delta', text: '' }),
    delta({ type: 'thinking_delta', thinking: '' }),
    delta({ type: 'input_json_delta', partial_json: '' }),
  )
  assert.deepEqual(kinds, ['quiet', 'quiet', 'quiet'])
})

test('input is what is uncached, what the cache read and what it wrote; the split of writes is kept', () => {
  const { reading } = read(
    start({
      input_tokens: 4,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 1000,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 1,
    }),
    end('end_turn', { output_tokens: 61, output_tokens_details: { thinking_tokens: 12 } }),
  )
  assert.deepEqual(reading.usage, {
    input: 1304,
    cacheRead: 1000,
    cacheWrite: 300,
    cacheWrite1h: 200,
    output: 61,
    reasoning: 12,
  })
  assert.equal(reading.isUsageFinal, true)
})

test('later counts win, zeros too; null and absent leave the earlier ones', () => {
  const { reading } = read(
    start({ input_tokens: 9, cache_read_input_tokens: 5, output_tokens: 1 }),
    end(null, { input_tokens: 0, cache_read_input_tokens: null, output_tokens: 3 }),
  )
  assert.deepEqual(reading.usage, { input: 5, cacheRead: 5, output: 3 })
  assert.equal(reading.isUsageFinal, false)
})

test('requests to server tools are kept by name', () => {
  const { reading } = read(end('pause_turn', { server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 } }))
  assert.deepEqual(reading.usage.serverTools, { web_search_requests: 2, web_fetch_requests: 0 })
})

test('the usage of the start alone is not final', () => {
  const { reading } = read(start({ input_tokens: 9, output_tokens: 1 }), end('end_turn'), STOP)
  assert.equal(reading.isFinished, true)
  assert.equal(reading.isUsageFinal, false)
})

test('the stop reason finishes, `message_stop` ends', () => {
  const { kinds, reading } = read(end('stop_sequence', { output_tokens: 2 }, '\n\n'), STOP)
  assert.deepEqual(kinds, ['content', 'terminal'])
  assert.deepEqual(reading.finish, { reason: 'stop', raw: 'stop_sequence', stopSequence: '\n\n' })
  assert.equal(reading.isFinished, true)
  assert.equal(reading.isTerminal, true)
})

test('an error is a failure with its usage kept', () => {
  const { kinds, reading } = read(start({ input_tokens: 9, output_tokens: 1 }), {
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded — später' },
  } as Event)
  assert.deepEqual(kinds, ['quiet', 'failure'])
  assert.equal(reading.failure?.code, 'overloaded')
  assert.equal(reading.failure?.message, 'Overloaded — später')
  assert.deepEqual(reading.usage, { input: 9, output: 1 })
  assert.equal(reading.isUsageFinal, false)
})

test('an error that the SDK would read over is a foreign failure', () => {
  for (const data of ['{"type":"error","error":{"type":"api_error","message":"Broken"}}', '{"error":"Broken"}']) {
    const meter = createMeter()
    const frame = `data: ${data}\n\n`
    assert.equal(meter.frame(frame, 0, frame.length), 'foreign-failure')
    assert.equal(meter.reading.failure?.message, 'Broken')
  }
})

test('streams without event lines are read by their types', () => {
  const meter = createMeter()
  const kinds = [
    delta({ type: 'text_delta', text: 'Hi' }),
    delta({ type: 'text_delta', text: ' you' }),
    end('end_turn'),
    STOP,
  ].map(event => {
    const frame = `data: ${JSON.stringify(event)}\r\n\r\n`
    return meter.frame(frame, 0, frame.length)
  })
  assert.deepEqual(kinds, ['content', 'content', 'content', 'terminal'])
})

test('streams whose events say their type only in the event line are read by it', () => {
  const meter = createMeter()
  const frame = 'event: message_stop\ndata: {}\n\n'
  assert.equal(meter.frame(frame, 0, frame.length), 'terminal')
})

test('`[DONE]` means nothing', () => {
  const meter = createMeter()
  assert.equal(meter.frame('data: [DONE]\n\n', 0, 14), 'quiet')
  assert.equal(meter.reading.malformed, 0)
  assert.equal(meter.reading.isTerminal, false)
})

test('a whole message is read from its members', () => {
  const reading = whole.read({
    type: 'message',
    id: 'msg_1',
    model: 'claude',
    stop_reason: 'max_tokens',
    usage: { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 5 },
  })
  assert.deepEqual(reading.finish, { reason: 'length', raw: 'max_tokens' })
  assert.deepEqual(reading.usage, { input: 7, cacheRead: 4, output: 5 })
  assert.equal(reading.isUsageFinal, true)
  assert.equal(reading.isTerminal, true)
})

test('a whole body that is an error is no success', () => {
  const reading = whole.read({
    type: 'error',
    error: { type: 'api_error', message: 'No' },
  })
  assert.equal(reading.failure?.code, 'upstream')
  assert.equal(reading.isTerminal, false)
})
