import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FrameKind, Reading } from '../dialect.ts'
import { createMeter, whole } from './meter.ts'

function read(...chunks: readonly (object | string)[]): { kinds: FrameKind[]; reading: Reading } {
  const meter = createMeter()
  const kinds = chunks.map(chunk => {
    const frame = `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`
    return meter.frame(frame, 0, frame.length)
  })
  return { kinds, reading: meter.reading }
}

function chunk(delta: object, finish_reason: string | null = null, index = 0): object {
  return { id: 'c1', model: 'm', choices: [{ index, delta, finish_reason }] }
}

const USAGE = { prompt_tokens: 10, completion_tokens: 4 }

test('a role, empty text and nulls are a handshake', () => {
  const { kinds, reading } = read(
    chunk({ role: 'assistant', content: '', refusal: null }),
    chunk({ content: null, tool_calls: null }),
    { id: '', object: '', model: '', choices: [] },
  )
  assert.deepEqual(kinds, ['quiet', 'quiet', 'quiet'])
  assert.equal(reading.hasToken, false)
  assert.equal(reading.progress, 0)
})

const REASONING = [
  { reasoning: 'Hm' },
  { reasoning_content: 'Hm' },
  { reasoning_text: 'Hm' },
  { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] },
  { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] },
]

for (const delta of REASONING)
  test(`reasoning is read in ${Object.keys(delta)}: ${JSON.stringify(delta)}`, () => {
    const { kinds, reading } = read(chunk(delta))
    assert.deepEqual(kinds, ['content'])
    assert.equal(reading.hasReasoning, true)
    assert.equal(reading.hasToken, false)
  })

const TOKENS = [
  { content: 'Hi' },
  { content: [{ type: 'text', text: 'Hi' }] },
  { refusal: 'No' },
  { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] },
  { function_call: { name: 'f', arguments: '' } },
  { audio: { id: 'a', data: 'AAAA' } },
  { images: [{ type: 'image_url' }] },
]

for (const delta of TOKENS)
  test(`a token is read in ${JSON.stringify(delta)}`, () => {
    const { kinds, reading } = read(chunk(delta))
    assert.deepEqual(kinds, ['content'])
    assert.equal(reading.hasToken, true)
    assert.equal(reading.hasReasoning, false)
  })

test('the first token is seen where text follows reasoning in the same members', () => {
  const meter = createMeter()
  const frames = [
    { content: '', reasoning: 'Hm' },
    { content: '', reasoning: ' so' },
    { content: 'Hi', reasoning: '' },
  ].map(delta => `data: ${JSON.stringify(chunk(delta))}\n\n`)
  const hasToken = frames.map(frame => {
    meter.frame(frame, 0, frame.length)
    return meter.reading.hasToken
  })
  assert.deepEqual(hasToken, [false, false, true])
})

const PLACES = {
  'the finish chunk': [{ ...chunk({}, 'stop'), usage: USAGE }],
  'a chunk of its own': [chunk({}, 'stop'), { choices: [], usage: USAGE }],
  'a chunk of its own with empty text': [chunk({}, 'stop'), { ...chunk({ content: '' }), usage: USAGE }],
  x_groq: [{ ...chunk({}, 'stop'), x_groq: { id: 'r', usage: USAGE } }],
  'the choice': [{ choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: USAGE }] }],
  'every chunk, as running totals': [
    { ...chunk({ content: 'Hi' }), usage: { prompt_tokens: 10, completion_tokens: null } },
    { ...chunk({}, 'stop'), usage: USAGE },
  ],
}

for (const [place, chunks] of Object.entries(PLACES))
  test(`usage is read in ${place}, and is final`, () => {
    const { reading } = read(...chunks)
    assert.deepEqual(reading.usage, { input: 10, output: 4 })
    assert.equal(reading.isUsageFinal, true)
  })

test('the last explicit count wins, a zero too; null and absent leave the earlier one', () => {
  const { reading } = read(
    { choices: [], usage: { prompt_tokens: 10, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 3 } } },
    { choices: [], usage: { prompt_tokens: null, completion_tokens: 0 } },
    { choices: [], usage: null },
  )
  assert.deepEqual(reading.usage, { input: 10, output: 0, cacheRead: 3 })
})

test('usage before the finish is final only when nothing can follow', () => {
  const running = { ...chunk({ content: 'Hi' }), usage: USAGE }
  assert.equal(read(running).reading.isUsageFinal, false)
  assert.equal(read(running, chunk({}, 'stop')).reading.isUsageFinal, false)
  assert.equal(read(running, '[DONE]').reading.isUsageFinal, true)
  assert.equal(read('[DONE]').reading.isUsageFinal, false)
})

test('a frame that holds nothing but usage is told apart', () => {
  const envelope = {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    obfuscation: 'x',
    service_tier: null,
  }
  const { kinds } = read(
    { ...envelope, choices: [], usage: USAGE },
    { ...envelope, choices: [], usage: null },
    { ...envelope, choices: [], usage: USAGE, citations: null },
    { ...envelope, choices: [], usage: USAGE, citations: ['https://example.org'] },
    { ...chunk({ content: '' }), usage: USAGE },
    { ...chunk({ content: 'x' }), usage: USAGE },
  )
  assert.deepEqual(kinds, ['usage', 'quiet', 'usage', 'quiet', 'quiet', 'content'])
})

test('a stream has finished when every candidate that was opened has', () => {
  const meter = createMeter()
  const finished = [
    chunk({ content: 'a' }),
    chunk({ content: 'b' }, null, 1),
    chunk({}, 'length', 1),
    chunk({}, 'stop'),
    chunk({ content: 'c' }, null, 2),
    chunk({}, 'stop', 2),
  ].map(value => {
    const frame = `data: ${JSON.stringify(value)}\n\n`
    meter.frame(frame, 0, frame.length)
    return meter.reading.isFinished
  })
  assert.deepEqual(finished, [false, false, false, true, false, true])
  assert.deepEqual(meter.reading.finish, { reason: 'stop', raw: 'stop' })
})

test('a turn that ends in tool calls has called tools, whatever the upstream says', () => {
  const call = chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] })
  assert.deepEqual(read(call, chunk({}, 'stop')).reading.finish, { reason: 'tool-calls', raw: 'stop' })
  assert.deepEqual(read(call, chunk({}, 'length')).reading.finish, { reason: 'length', raw: 'length' })
})

test('`[DONE]` without a finish is terminal, without a reason', () => {
  const { kinds, reading } = read(chunk({ content: 'Hi' }), ' [DONE] ')
  assert.deepEqual(kinds, ['content', 'terminal'])
  assert.equal(reading.isTerminal, true)
  assert.equal(reading.finish, undefined)
})

const ERRORS: readonly (readonly [name: string, event: object, code: string, kind?: 'foreign-failure'])[] = [
  ['an error object', { error: { message: 'Broken', type: 'server_error', code: null } }, 'upstream'],
  ['an error text', { error: 'Broken' }, 'upstream', 'foreign-failure'],
  ['an error beside choices', { error: { message: 'Broken', code: 429 }, choices: [] }, 'rate-limited'],
  [
    'an error with finish',
    { error: { message: 'Broken', code: 502 }, choices: [{ finish_reason: 'error' }] },
    'upstream',
  ],
  [
    'an error of the choice',
    { choices: [{ finish_reason: 'error', error: { message: 'Broken', code: 408 } }] },
    'timeout',
    'foreign-failure',
  ],
  [
    'an object of type error',
    { object: 'error', message: 'Broken', type: 'BadRequestError', code: 400 },
    'bad-request',
    'foreign-failure',
  ],
]

for (const [name, event, code, kind = 'failure'] of ERRORS)
  test(`${name} is a failure`, () => {
    const { kinds, reading } = read(chunk({ content: 'Hi' }), event)
    assert.deepEqual(kinds, ['content', kind])
    assert.equal(reading.failure?.message, 'Broken')
    assert.equal(reading.failure?.code, code)
    assert.equal(reading.isFinished, false)
  })

test('no error where the member is null, empty or false', () => {
  for (const error of [null, '', false])
    assert.deepEqual(read({ ...chunk({ content: 'a' }), error }).kinds, ['content'])
})

test('an event named `error` is a failure', () => {
  const meter = createMeter()
  const frame = 'event: error\ndata: {"message":"Broken"}\n\n'
  assert.equal(meter.frame(frame, 0, frame.length), 'failure')
  assert.equal(meter.reading.failure?.message, 'Broken')
})

test('the usage of a frame that fails is kept, as the last word', () => {
  const { reading } = read({ error: { message: 'Broken' }, choices: [], usage: USAGE })
  assert.deepEqual(reading.usage, { input: 10, output: 4 })
  assert.equal(reading.isUsageFinal, true)
})

test('an error after the finish does not undo it', () => {
  const { reading } = read(chunk({ content: 'Hi' }), chunk({}, 'length'), { error: { message: 'Late' } })
  assert.equal(reading.isFinished, true)
  assert.equal(reading.failure?.message, 'Late')
})

test('model and id are those that the upstream names', () => {
  const { reading } = read({ ...chunk({}), model: '' }, chunk({ content: 'Hi' }))
  assert.equal(reading.model, 'm')
  assert.equal(reading.answerId, 'c1')
})

test('a whole body is read from its members', () => {
  const values = {
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: USAGE,
  }
  const reading = whole.read(values)
  assert.deepEqual(reading.finish, { reason: 'stop', raw: 'stop' })
  assert.deepEqual(reading.usage, { input: 10, output: 4 })
  assert.equal(reading.isUsageFinal, true)
  assert.equal(reading.isTerminal, true)
  assert.equal(reading.model, 'm')
})

test('a whole body that is an error is no success', () => {
  const reading = whole.read({ error: { message: 'No', type: 'invalid_request_error' } })
  assert.equal(reading.failure?.code, 'bad-request')
  assert.equal(reading.isTerminal, false)
  assert.equal(reading.isFinished, false)
})
