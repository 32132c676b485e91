import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER, FINISH, fakeDialect, frame, HELLO, MESSAGE, OPEN, START, USAGE } from '../../test/fake-codec.ts'
import { ManualSweep, NotingOutlet, type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { fromUtf8 } from '../bytes.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { Losses } from '../model/index.ts'
import type { Attempt } from './adapter.ts'
import { createAdapter, registryOf } from './adapters.ts'
import { DEFAULT_BUDGETS } from './budgets.ts'
import { convertAdapter } from './convert.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeOptions } from './options.ts'
import { relayAdapter } from './relay.ts'

const client = fakeDialect('messages')
const upstream = fakeDialect('chat')
const adapter = convertAdapter(client, upstream)
const JSON_TYPE = ['content-type', 'application/json', 'content-length', '3', 'x-request-id', 'r-1']

function begin(options: Partial<ExchangeOptions & Attempt> & { targets?: number } = {}) {
  const { targets = 1, adapter: chosen = adapter, asks, ...rest } = options
  const http = new ScriptedClient()
  const outlet = new NotingOutlet()
  const sweep = new ManualSweep()
  const request = { method: 'POST', url: new URL('http://up.test/v1/x'), headers: [], body: fromUtf8('{"model":"m"}') }
  const conversion = { request: undefined, requestLosses: new Losses(), answerLosses: new Losses() }
  let left = targets
  const next = (): Attempt | undefined =>
    left-- > 0
      ? { upstream: 'up', client: http, request, adapter: chosen, conversion, ...(asks && { asks }) }
      : undefined
  const exchange = new Exchange(next, outlet, {
    hold: 'frame',
    subject: { id: 'x-1', dialect: 'messages', model: 'm' },
    wants: 'stream',
    fallback: chosen,
    budgets: { ...DEFAULT_BUDGETS, totalMs: 0 },
    sweep,
    ...rest,
  })
  const report = exchange.start()
  return { exchange, outlet, sweep, report, call: (at = 0) => http.calls[at] as ScriptedCall, conversion }
}

function header(outlet: NotingOutlet, name: string): string | undefined {
  const { headers = [] } = outlet.head ?? {}
  return headers[headers.indexOf(name) + 1]
}

test('a stream is converted and reported', async () => {
  const { call, outlet, report, conversion } = begin()
  conversion.requestLosses.add('/sampling/topK', 'no-slot')
  conversion.answerLosses.add('/id', 'cosmetic')
  call().head(200).data(ANSWER).end()
  assert.match(outlet.text, /^data: {"type":"message-start","id":"a-1","model":"m"}.*"message-end"}\n\n$/s)
  const { lane, shape, outcome, usage, model, events, edits, losses } = await report
  assert.deepEqual(
    { lane, shape, outcome, events, edits, output: usage.output, reported: model.reported, losses },
    {
      ...{ lane: 'convert', shape: 'stream', outcome: 'completed', events: 6, edits: [], output: 3 },
      reported: 'up-model',
      losses: [
        { in: 'request', path: '/sampling/topK', reason: 'no-slot' },
        { in: 'answer', path: '/id', reason: 'cosmetic' },
      ],
    },
  )
})

test('a first event that is an error becomes a status in the form of the client', async () => {
  const { call, outlet, report } = begin()
  call()
    .head(200, ['content-type', 'text/event-stream', 'x-request-id', 'r-1'])
    .data(START + frame({ type: 'error', failure: failure('overloaded', 'Busy') }))
  assert.equal(outlet.head?.status, 529)
  assert.deepEqual(JSON.parse(outlet.text), {
    type: 'error',
    error: { type: 'overloaded_error', message: 'Busy' },
    request_id: 'x-1',
  })
  assert.deepEqual([header(outlet, 'content-type'), header(outlet, 'x-request-id')], ['application/json', 'r-1'])
  assert.equal((await report).outcome, 'failed')
})

const CALLING =
  'data: {"type":"message_start","message":{"id":"msg_1","model":"up-model","usage":{"input_tokens":7}}}\n\n' +
  'data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"mill"}}\n\n' +
  'data: {"type":"ping"}\n\n'
const BUSY = 'data: {"type":"error","error":{"type":"overloaded_error","message":"Busy"}}\n\n'

test('a ping opens no client, and neither does a call that a client is told whole: an error is a status', async () => {
  const { call, outlet, report } = begin({ adapter: createAdapter({ from: 'gemini', to: 'messages' }) })
  call().head(200).data(CALLING)
  assert.equal(outlet.text, '')
  call().data(BUSY)
  assert.equal(outlet.head?.status, 529)
  assert.equal(JSON.parse(outlet.text).error.status, 'UNAVAILABLE')
  assert.partialDeepStrictEqual(await report, { outcome: 'failed', status: 529, usage: { input: 7 } })
})

test('a client that has waited long enough is opened, and gets the error in the stream', async () => {
  const { call, outlet, report, sweep } = begin({ adapter: createAdapter({ from: 'gemini', to: 'messages' }) })
  call().head(200).data(CALLING)
  sweep.pass(DEFAULT_BUDGETS.headHoldMs)
  assert.equal(outlet.head?.status, 200)
  call().data(BUSY).end()
  assert.doesNotMatch(outlet.text, /functionCall/)
  assert.match(outlet.text, /"error":\{"code":529,/)
  assert.equal((await report).outcome, 'failed')
})

test('an early head gets the same error as an event', () => {
  const { call, outlet, sweep } = begin({ budgets: { ...DEFAULT_BUDGETS, earlyHeadMs: 100 } })
  sweep.pass(100)
  assert.equal(outlet.head?.status, 200)
  call()
    .head(200)
    .data(frame({ type: 'error', failure: failure('overloaded', 'Busy') }))
  assert.equal(outlet.text.match(/event: error/g)?.length, 1)
  assert.equal(outlet.ending, 'cut')
})

test('a stream that breaks off is closed, told as an error, and cut', async () => {
  const { call, outlet, report } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO)
    .end()
  assert.match(outlet.text, /"block-end","index":0,"isTorn":true}\n\nevent: error\ndata: .*without its terminal event/)
  assert.equal(outlet.ending, 'cut')
  assert.equal((await report).outcome, 'truncated')
})

test('budgets end a silent upstream, with a status before the head and an event after it', async () => {
  const silent = begin()
  silent.sweep.pass(DEFAULT_BUDGETS.headMs)
  assert.equal(silent.outlet.head?.status, 504)
  assert.match(silent.outlet.text, /"type":"error"/)
  const stuck = begin()
  stuck
    .call()
    .head(200)
    .data(START + OPEN + HELLO)
  stuck.sweep.pass(DEFAULT_BUDGETS.idleMs)
  assert.match(stuck.outlet.text, /event: error\ndata: .*idleMs/)
  assert.deepEqual([(await silent.report).outcome, (await stuck.report).outcome], ['timeout', 'timeout'])
  assert.equal(stuck.call().isAborted, true)
})

test('a client that leaves aborts the upstream', async () => {
  const { call, outlet, report } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO)
  outlet.leave()
  assert.equal(call().isAborted, true)
  assert.equal((await report).outcome, 'cancelled')
})

for (const [how, end] of [
  ['the trailer is spent', ({ sweep }) => sweep.pass(DEFAULT_BUDGETS.trailerMs)],
  ['the upstream resets', ({ call }) => call().error(failure('upstream', 'Reset'))],
  ['an operator stops it', ({ exchange }) => exchange.cancel('operator')],
] as const satisfies readonly [string, (begun: ReturnType<typeof begin>) => void][])
  test(`a finished stream has its last bytes when ${how}`, async () => {
    const begun = begin()
    begun
      .call()
      .head(200)
      .data(START + OPEN + HELLO + FINISH + USAGE)
    assert.doesNotMatch(begun.outlet.text, /choice-end/)
    end(begun)
    assert.match(begun.outlet.text, /"choice-end".*"message-end"}\n\n$/s)
    assert.equal(begun.outlet.ending, 'ended')
    const { outcome, finish, usage } = await begun.report
    assert.deepEqual([outcome, finish?.reason, usage.output], ['completed', 'stop', 3])
  })

test('silence is filled with pings of the client', () => {
  const { call, outlet, sweep } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO)
  sweep.pass(DEFAULT_BUDGETS.pingAfterMs)
  assert.match(outlet.text, /event: ping\ndata: {"type": "ping"}\n\n$/)
})

test('an error answer has the status of the upstream and the form of the client', async () => {
  const { call, outlet } = begin()
  call()
    .head(429, ['content-type', 'application/json', 'retry-after', '7', 'x-ratelimit-remaining', '0'])
    .data('{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}')
    .end()
  assert.equal(outlet.head?.status, 429)
  assert.deepEqual(JSON.parse(outlet.text), {
    type: 'error',
    error: { type: 'rate_limit_error', message: 'Slow down' },
    request_id: 'x-1',
  })
  assert.deepEqual([header(outlet, 'retry-after'), header(outlet, 'x-ratelimit-remaining')], ['7', '0'])
})

for (const [name, chosen] of [
  ['another dialect', adapter],
  ['the same dialect', relayAdapter(client)],
] as const) {
  test(`a stream of ${name} is collected for who wants a whole answer`, async () => {
    const { call, outlet, report } = begin({ adapter: chosen, wants: 'whole', asks: 'stream' })
    call()
      .head(200, ['content-type', 'text/event-stream', 'x-request-id', 'r-1'])
      .data(ANSWER.slice(0, 99))
      .data(ANSWER.slice(99))
    assert.equal(JSON.parse(outlet.text).candidates[0].parts[0].text, 'Hello')
    assert.deepEqual(outlet.head?.headers, [
      ...['x-request-id', 'r-1', 'content-type', 'application/json', 'content-length', String(outlet.text.length)],
    ])
    // The upstream may end, so that its socket can be used again.
    assert.deepEqual([outlet.ending, call().isAborted], ['open', false])
    call().end()
    assert.equal(outlet.ending, 'ended')
    const { lane, shape, outcome, events, usage } = await report
    assert.deepEqual([lane, shape, outcome, events, usage.output], ['convert', 'collect', 'completed', 6, 3])
  })

  test(`a whole body of ${name} is expanded for who wants a stream`, async () => {
    const { call, outlet, report } = begin({ adapter: chosen, asks: 'whole' })
    call().head(200, JSON_TYPE).data(JSON.stringify(MESSAGE)).end()
    assert.match(outlet.text, /^data: {"type":"message-start".*"message-end"}\n\n$/s)
    assert.deepEqual(outlet.head?.headers, ['x-request-id', 'r-1', 'content-type', 'text/event-stream'])
    const { lane, shape, outcome, usage } = await report
    assert.deepEqual([lane, shape, outcome, usage.output], ['convert', 'expand', 'completed', 3])
  })

  test(`an error of ${name} while an answer is collected or expanded is a status`, async () => {
    const busy = failure('overloaded', 'Busy')
    const collected = begin({ adapter: chosen, wants: 'whole', asks: 'stream' })
    collected
      .call()
      .head(200)
      .data(START + OPEN + HELLO + frame({ type: 'error', failure: busy }))
    const expanded = begin({ adapter: chosen, asks: 'whole' })
    expanded
      .call()
      .head(200, JSON_TYPE)
      .data(JSON.stringify({ error: busy }))
      .end()
    for (const { outlet, report } of [collected, expanded]) {
      assert.deepEqual([outlet.head?.status, JSON.parse(outlet.text).error.message], [529, 'Busy'])
      assert.equal((await report).outcome, 'failed')
    }
  })
}

test('an answer that is collected can still move to another upstream', async () => {
  const { call, outlet, report } = begin({ wants: 'whole', asks: 'stream', targets: 2, hold: 'content' })
  call(0)
    .head(200)
    .data(START + OPEN + HELLO)
    .end()
  call(1).head(200).data(ANSWER).end()
  assert.equal(outlet.head?.status, 200)
  const { attempts, outcome } = await report
  assert.deepEqual([attempts.length, outcome], [2, 'completed'])
})

test('what is collected goes out when the trailer is spent, and not to who has left', async () => {
  const { call, outlet, sweep } = begin({ wants: 'whole', asks: 'stream' })
  call()
    .head(200)
    .data(START + OPEN + HELLO + FINISH)
  sweep.pass(DEFAULT_BUDGETS.trailerMs)
  assert.equal(JSON.parse(outlet.text).candidates.length, 1)
  const left = begin({ wants: 'whole', asks: 'stream' })
  left
    .call()
    .head(200)
    .data(START + OPEN + HELLO + FINISH)
  left.outlet.leave()
  assert.equal((await left.report).outcome, 'cancelled')
})

test('a whole body is converted, and may be changed after that', async () => {
  const { call, outlet, report } = begin({
    wants: 'whole',
    transform: ({ headers, body }) => ({ headers: [...headers, 'x-length', String(body.length)], body }),
  })
  call().head(200, JSON_TYPE).data(JSON.stringify(MESSAGE)).end()
  assert.equal(JSON.parse(outlet.text).model, 'm')
  assert.deepEqual(
    [header(outlet, 'content-type'), header(outlet, 'x-length'), header(outlet, 'content-length')],
    ['application/json', String(outlet.text.length), String(outlet.text.length)],
  )
  assert.equal((await report).shape, 'whole')
})

test('the whole answer that is waited for has the budget of a whole answer', () => {
  const { sweep, outlet } = begin({ asks: 'whole', budgets: { ...DEFAULT_BUDGETS, headMs: 10, wholeHeadMs: 20 } })
  sweep.pass(10)
  assert.equal(outlet.isOpen, false)
  sweep.pass(10)
  assert.match(outlet.text, /wholeHeadMs/)
})

test('every dialect has a way to itself and to each other', () => {
  const registry = registryOf([client, upstream, DIALECTS.gemini])
  assert.deepEqual(
    registry.pairs.map(({ from, to }) => `${from} ${to}`),
    [
      ...['messages messages', 'chat chat', 'gemini gemini'],
      ...['messages chat', 'messages gemini', 'chat messages', 'chat gemini', 'gemini messages', 'gemini chat'],
    ],
  )
  assert.equal(registry.create({ from: 'messages', to: 'chat' }, {}).lane, 'convert')
  assert.equal(createAdapter({ from: 'chat', to: 'chat' }).lane, 'relay')
})
