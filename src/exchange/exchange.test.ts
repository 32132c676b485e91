import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualSweep, NotingOutlet, type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { fromUtf8 } from '../bytes.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import type { Attempt } from './adapter.ts'
import { DEFAULT_BUDGETS } from './budgets.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeOptions } from './options.ts'
import { relayAdapter } from './relay.ts'

const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":null,"usage":{"input_tokens":7,"output_tokens":1}}}\n\n'
const OPEN =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const HELLO =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}\n\n'
const CLOSE = 'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
const FINISH =
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}\n\n'
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
const ERROR = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
const PING = 'event: ping\ndata: {"type": "ping"}\n\n'
const WHOLE = START + OPEN + HELLO + CLOSE + FINISH + STOP

const adapter = relayAdapter(DIALECTS.messages)

function begin(options: Partial<ExchangeOptions> & { targets?: number } = {}) {
  const { targets = 1, ...rest } = options
  const client = new ScriptedClient()
  const outlet = new NotingOutlet()
  const sweep = new ManualSweep()
  const request = { method: 'POST', url: new URL('http://up.test/v1/messages'), headers: [], body: fromUtf8('{}') }
  let left = targets
  const next = (): Attempt | undefined =>
    left-- > 0 ? { upstream: `up-${targets - left}`, client, request, adapter } : undefined
  const exchange = new Exchange(next, outlet, {
    hold: 'frame',
    subject: { id: 'x-1', dialect: 'messages', model: 'm' },
    wants: 'stream',
    fallback: adapter,
    budgets: { ...DEFAULT_BUDGETS, totalMs: 0 },
    sweep,
    ...rest,
  })
  const report = exchange.start()
  const call = (at = 0): ScriptedCall => client.calls[at] as ScriptedCall
  return { exchange, outlet, sweep, report, call, client }
}

test('a stream is relayed byte for byte and reported completed with its usage', async () => {
  const { call, outlet, report } = begin()
  call().head(200, ['Content-Type', 'text/event-stream', 'request-id', 'req_1']).data(WHOLE).end()
  assert.equal(outlet.text, WHOLE)
  assert.deepEqual(outlet.head, { status: 200, headers: ['Content-Type', 'text/event-stream', 'request-id', 'req_1'] })
  assert.equal(outlet.ending, 'ended')
  const { outcome, finish, usage, events, model, status, attempts } = await report
  assert.deepEqual(
    { outcome, finish, status, events, attempts: attempts.length, model },
    {
      outcome: 'completed',
      finish: { reason: 'stop', raw: 'end_turn' },
      status: 200,
      events: 6,
      attempts: 1,
      model: { requested: 'm', sent: 'm', reported: 'm-1' },
    },
  )
  assert.deepEqual(
    { input: usage.input, output: usage.output, provenance: usage.provenance },
    { input: 7, output: 3, provenance: 'reported' },
  )
})

test('the same bytes leave at every cut of the stream', async () => {
  for (const text of [WHOLE, WHOLE.replaceAll('\n', '\r\n'), `${WHOLE}: bye`]) {
    const bytes = fromUtf8(text)
    for (let at = 1; at < bytes.length; at++) {
      const { call, outlet, report } = begin()
      call().head(200).data(bytes.subarray(0, at)).data(bytes.subarray(at)).end()
      assert.equal(outlet.text, text, `cut at ${at}`)
      assert.equal((await report).outcome, 'completed', `cut at ${at}`)
    }
  }
})

test('only whole frames leave', () => {
  const { call, outlet } = begin()
  call().head(200).data(START).data(OPEN.slice(0, 30))
  assert.equal(outlet.text, START)
  call().data(OPEN.slice(30))
  assert.equal(outlet.text, START + OPEN)
})

test('the head waits for the first frame, and no longer than it is told to', () => {
  const { call, outlet, sweep } = begin()
  call().head(200)
  sweep.pass(249)
  assert.equal(outlet.isOpen, false)
  sweep.pass(1)
  assert.equal(outlet.head?.status, 200)
})

test('an error as first frame becomes a status in the client form', async () => {
  const { call, outlet, report } = begin()
  call().head(200).data(ERROR)
  assert.equal(outlet.head?.status, 529)
  assert.deepEqual(JSON.parse(outlet.text).error, { type: 'overloaded_error', message: 'Overloaded' })
  const { outcome, error, status } = await report
  assert.deepEqual(
    { outcome, error, status },
    { outcome: 'failed', error: { code: 'overloaded', message: 'Overloaded' }, status: 529 },
  )
})

test('an error after content is relayed as it came and reported', async () => {
  const { call, outlet, report } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO + ERROR)
    .end()
  assert.equal(outlet.text, START + OPEN + HELLO + ERROR)
  const { outcome, usage } = await report
  assert.deepEqual(
    { outcome, provenance: usage.provenance, input: usage.input },
    { outcome: 'failed', provenance: 'estimated', input: 7 },
  )
})

test('an error after the finish is relayed as it came, and the answer stays finished', async () => {
  const { call, outlet, report } = begin()
  const answer = START + OPEN + HELLO + CLOSE + FINISH + ERROR
  call().head(200).data(answer).end()
  assert.equal(outlet.text, answer)
  const { outcome, error } = await report
  assert.deepEqual({ outcome, error }, { outcome: 'completed', error: null })
})

test('a stream that just stops ends with an error event and a cut', async () => {
  const { call, outlet, report } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO)
    .end()
  assert.ok(outlet.text.startsWith(START + OPEN + HELLO))
  assert.match(outlet.text.slice((START + OPEN + HELLO).length), /^event: error\ndata: .*\n\n$/)
  assert.equal(outlet.ending, 'cut')
  const { outcome, edits } = await report
  assert.deepEqual({ outcome, edits }, { outcome: 'truncated', edits: ['ended'] })
})

test('a torn event is never followed by an error inside it', async () => {
  const { call, outlet, report } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO.slice(0, 60))
    .error(failure('upstream', 'Upstream closed the connection'))
  assert.ok(outlet.text.startsWith(`${START}${OPEN}event: error\n`))
  assert.equal((await report).outcome, 'failed')
})

test('a torn event after the finish is kept back', async () => {
  const { call, outlet, report } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO + CLOSE + FINISH + STOP.slice(0, 40))
    .end()
  assert.equal(outlet.text, START + OPEN + HELLO + CLOSE + FINISH)
  assert.deepEqual([outlet.ending, (await report).outcome], ['ended', 'completed'])
})

test('a last event without its blank line that holds the end is delivered', async () => {
  const { call, outlet, report } = begin()
  call().head(200).data(WHOLE.trimEnd()).end()
  assert.equal(outlet.text, WHOLE.trimEnd())
  assert.equal((await report).outcome, 'completed')
})

test('an error completes the CRLF that was cut before it', () => {
  const { call, outlet } = begin()
  const crlf = (START + OPEN + HELLO).replaceAll('\n', '\r\n')
  call().head(200).data(crlf.slice(0, -1)).end()
  assert.ok(outlet.text.startsWith(`${crlf}event: error\n`))
})

test('an upstream error status passes with its headers and its body', async () => {
  const { call, outlet, report } = begin()
  const body = '{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}}'
  call().head(429, ['content-type', 'application/json', 'retry-after', '7', 'request-id', 'req_9']).data(body).end()
  assert.equal(outlet.head?.status, 429)
  assert.deepEqual(outlet.head?.headers, [
    'content-type',
    'application/json',
    'retry-after',
    '7',
    'request-id',
    'req_9',
    'content-length',
    String(body.length),
  ])
  assert.equal(outlet.text, body)
  const { outcome, error } = await report
  assert.deepEqual({ outcome, error }, { outcome: 'failed', error: { code: 'rate-limited', message: 'Slow down' } })
})

test('an error page becomes an error in the client form with the same status', () => {
  const { call, outlet } = begin()
  call().head(503, ['content-type', 'text/html']).data('<html>Service Unavailable</html>').end()
  assert.equal(outlet.head?.status, 503)
  assert.equal(JSON.parse(outlet.text).type, 'error')
  assert.ok(outlet.head?.headers.includes('application/json'))
})

test('a redirect is not followed and not passed on', () => {
  const { call, outlet } = begin()
  call().head(302, ['location', 'http://elsewhere.test/']).end()
  assert.equal(outlet.head?.status, 502)
  assert.ok(!outlet.head?.headers.includes('location'))
})

test('a client that leaves aborts the upstream in every phase before the end', async () => {
  const phases: ((call: ScriptedCall) => unknown)[] = [
    () => undefined,
    call => call.head(200),
    call => call.head(200).data(START.slice(0, 20)),
    call => call.head(200).data(START + OPEN + HELLO),
  ]
  for (const reach of phases) {
    const { call, outlet, report } = begin()
    reach(call())
    outlet.leave()
    assert.equal(call().isAborted, true)
    assert.equal((await report).outcome, 'cancelled')
  }
})

test('a client that leaves after the terminal event was served, and the upstream may end', async () => {
  const { call, outlet, report } = begin()
  call().head(200).data(WHOLE)
  outlet.leave()
  assert.equal(call().isAborted, false)
  call().end()
  assert.equal(call().isAborted, false)
  assert.equal((await report).outcome, 'completed')
})

test('an upstream that does not close after the terminal event is cut when the trailer budget is spent', async () => {
  const { call, outlet, sweep, report } = begin()
  call().head(200).data(WHOLE)
  sweep.pass(1999)
  assert.equal(outlet.ending, 'open')
  sweep.pass(1)
  assert.equal(outlet.ending, 'ended')
  assert.equal(call().isAborted, true)
  assert.equal((await report).outcome, 'completed')
})

test('a slow client gets what follows the finish, however long it takes', async () => {
  const { call, outlet, sweep, report } = begin()
  outlet.isFull = true
  call()
    .head(200)
    .data(START + OPEN + HELLO + CLOSE + FINISH)
  sweep.pass(10_000)
  assert.equal(outlet.ending, 'open')
  outlet.drain()
  call().data(STOP).end()
  assert.equal(outlet.text, WHOLE)
  assert.equal((await report).outcome, 'completed')
})

test('keep-alives stand between events and stop when the idle budget is spent', async () => {
  const { call, outlet, sweep, report } = begin({ budgets: { ...DEFAULT_BUDGETS, idleMs: 40_000 } })
  call()
    .head(200)
    .data(START + OPEN + HELLO + HELLO.slice(0, 40))
  sweep.pass(15_000)
  sweep.pass(15_000)
  assert.equal(outlet.text, START + OPEN + HELLO + PING + PING)
  sweep.pass(10_000)
  assert.match(outlet.text, /event: error\n.*idleMs/)
  const { outcome, edits } = await report
  assert.deepEqual({ outcome, edits }, { outcome: 'timeout', edits: ['ping', 'ended'] })
})

test('pings of the upstream do not keep a stream alive', async () => {
  const { call, sweep, report } = begin({ budgets: { ...DEFAULT_BUDGETS, idleMs: 1000, pingAfterMs: 0 } })
  call()
    .head(200)
    .data(START + OPEN + HELLO)
  for (let at = 0; at < 10; at++) {
    call().data(PING)
    sweep.pass(100)
  }
  assert.equal((await report).outcome, 'timeout')
})

test('no head in time is a 504 in the client form', async () => {
  const { call, outlet, sweep, report } = begin({ budgets: { ...DEFAULT_BUDGETS, headMs: 1000 } })
  sweep.pass(1000)
  assert.equal(outlet.head?.status, 504)
  assert.equal(call().isAborted, true)
  assert.equal((await report).outcome, 'timeout')
})

test('a full client pauses the upstream and a stalled one is cut off', async () => {
  const { call, outlet, sweep, report } = begin()
  call().head(200).data(START)
  outlet.isFull = true
  call().data(OPEN)
  assert.equal(call().isPaused, true)
  outlet.drain()
  assert.equal(call().isPaused, false)
  outlet.isFull = true
  call().data(HELLO)
  sweep.pass(30_000)
  assert.equal(outlet.ending, 'reset')
  assert.equal(call().isAborted, true)
  assert.equal((await report).outcome, 'cancelled')
})

test('another target is tried while nothing of the answer has left', async () => {
  const { call, outlet, report } = begin({ targets: 2, hold: 'content' })
  call(0)
    .head(200)
    .data(START + OPEN)
    .error(failure('upstream', 'Upstream closed the connection'))
  call(1).head(200).data(WHOLE).end()
  assert.equal(outlet.text, WHOLE)
  const { outcome, attempts, upstream } = await report
  assert.deepEqual(
    { outcome, attempts: attempts.length, upstream: upstream.name },
    { outcome: 'completed', attempts: 2, upstream: 'up-2' },
  )
})

test('after the commit no other target is asked', async () => {
  const { call, client, report } = begin({ targets: 2, hold: 'content' })
  call(0)
    .head(200)
    .data(START + OPEN + HELLO)
    .error(failure('upstream', 'Upstream closed the connection'))
  assert.equal(client.calls.length, 1)
  assert.equal((await report).outcome, 'failed')
})

test('an early head keeps the client while the upstream thinks, and a later failure is told in the stream', async () => {
  const { call, outlet, sweep, report } = begin({ budgets: { ...DEFAULT_BUDGETS, earlyHeadMs: 5000 } })
  sweep.pass(5000)
  assert.equal(outlet.head?.status, 200)
  assert.equal(outlet.text, PING)
  call().head(500, []).data('oops').end()
  assert.match(outlet.text, /event: error/)
  const { outcome, edits, status } = await report
  assert.deepEqual({ outcome, edits, status }, { outcome: 'failed', edits: ['early-head', 'ended'], status: 200 })
})

test('a whole body passes with its length and is metered', async () => {
  const body =
    '{"id":"msg_1","type":"message","model":"m-1","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":3}}'
  const { call, outlet, report } = begin({ wants: 'whole' })
  call()
    .head(200, ['content-type', 'application/json', 'content-length', String(body.length)])
    .data(body.slice(0, 50))
    .data(body.slice(50))
    .end()
  assert.equal(outlet.text, body)
  assert.ok(outlet.head?.headers.includes(String(body.length)))
  const { outcome, shape, usage, finish } = await report
  assert.deepEqual(
    { outcome, shape, input: usage.input, output: usage.output, finish: finish?.reason },
    { outcome: 'completed', shape: 'whole', input: 7, output: 3, finish: 'stop' },
  )
})

test('the items of an array do not wait for its end', () => {
  const { call, outlet } = begin({ wants: 'whole' })
  call().head(200, ['content-type', 'application/json']).data('[{"candidates":[]}')
  assert.equal(outlet.text, '[{"candidates":[]}')
})

test('a whole body that breaks off is an error, and a long one a cut', async () => {
  const rows = [
    { padding: 10, status: 502, ending: 'ended' },
    { padding: 100_000, status: 200, ending: 'cut' },
  ]
  for (const { padding, status, ending } of rows) {
    const { call, outlet, report } = begin({ wants: 'whole' })
    call()
      .head(200, ['content-type', 'application/json'])
      .data(`{"id":"msg_1","content":"${'x'.repeat(padding)}`)
      .end()
    assert.deepEqual([outlet.head?.status, outlet.ending], [status, ending])
    const { outcome, error } = await report
    assert.equal(outcome, 'truncated')
    assert.deepEqual(error, { code: 'truncated', message: 'Upstream ended the body in the middle' })
  }
})

test('a whole body where a stream was asked for is an error, never silence', async () => {
  const { call, outlet, report } = begin()
  call().head(200, ['content-type', 'application/json']).data('{"type":"message"}').end()
  assert.equal(outlet.head?.status, 502)
  assert.equal((await report).outcome, 'failed')
})

test('an asynchronous onHeaders pauses the upstream and may change the headers', async () => {
  const { call, outlet, report } = begin({ onHeaders: async head => ({ headers: [...head.headers, 'x-mine', '1'] }) })
  call().head(200)
  assert.equal(call().isPaused, true)
  call().data(START)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(call().isPaused, false)
  assert.deepEqual(outlet.head?.headers, ['content-type', 'text/event-stream', 'x-mine', '1'])
  call()
    .data(OPEN + HELLO + CLOSE + FINISH + STOP)
    .end()
  assert.equal(outlet.text, WHOLE)
  assert.equal((await report).outcome, 'completed')
})

test('an onHeaders that throws fails the exchange', async () => {
  const onHeaders = () => {
    throw new Error('boom')
  }
  const { call, outlet, report } = begin({ onHeaders })
  call().head(200)
  assert.equal(outlet.head?.status, 500)
  assert.match((await report).error?.message ?? '', /boom/)
})

test('a frame longer than what is held passes in pieces, unbroken by pings, and is still metered', async () => {
  const { call, outlet, sweep, report } = begin({ limits: { holdBytes: 100, eventBytes: 10_000 } })
  const long = `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","note":"${'x'.repeat(500)}"},"usage":{"output_tokens":9}}\n\n`
  call()
    .head(200)
    .data(START + long.slice(0, 300))
  assert.equal(outlet.text, START + long.slice(0, 300))
  sweep.pass(20_000)
  assert.equal(outlet.text, START + long.slice(0, 300))
  call()
    .data(long.slice(300) + STOP)
    .end()
  assert.equal(outlet.text, START + long + STOP)
  const { outcome, usage } = await report
  assert.deepEqual({ outcome, output: usage.output }, { outcome: 'completed', output: 9 })
})

test('a cut inside a long frame is a plain reset', async () => {
  const { call, outlet, report } = begin({ limits: { holdBytes: 100, eventBytes: 10_000 } })
  const torn = `event: content_block_delta\ndata: {"x":"${'x'.repeat(500)}`
  call()
    .head(200)
    .data(START + torn)
    .error(failure('upstream', 'Upstream closed the connection'))
  assert.equal(outlet.text, START + torn)
  assert.equal(outlet.ending, 'cut')
  assert.equal((await report).outcome, 'failed')
})

test('a drain ends a stream with an error in its own form', async () => {
  const { call, exchange, outlet, report } = begin()
  call()
    .head(200)
    .data(START + OPEN + HELLO)
  exchange.cancel('drain')
  assert.match(outlet.text, /event: error\n.*shutting down/)
  assert.equal(call().isAborted, true)
  assert.equal((await report).outcome, 'cancelled')
})

test('an error text that quotes a key is redacted, as status and in the stream', async () => {
  const redact = (text: string) => text.replaceAll('sk-secret', '[redacted]')
  const quoting = relayAdapter(DIALECTS.messages, { redact })
  const error = ERROR.replace('Overloaded"', 'Bad key sk-secret"')
  const { call, outlet, report } = begin({ onHeaders: () => ({ adapter: quoting }), redact })
  call()
    .head(200)
    .data(START + OPEN + HELLO + error)
    .end()
  assert.ok(!outlet.text.includes('sk-secret'))
  const { error: told, edits } = await report
  assert.deepEqual(edits, ['redacted'])
  assert.ok(!told?.message.includes('sk-secret'))
  assert.ok(outlet.text.includes('[redacted]'))
})
