import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELTA, DONE, defer, FINISH, STREAM, USAGE } from '../../test/deferred.ts'
import { type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure, MillraceError, StreamingError } from '../errors.ts'
import { relayAdapter } from '../exchange/index.ts'

const RESET = failure('upstream', 'Upstream closed the connection')

test('nothing happens before the response is sent', () => {
  const { client, deferred } = defer()
  assert.equal(client.requests.length, 0)
  deferred.toResponse()
  assert.equal(client.requests.length, 1)
})

test("a response has the upstream's status and headers, its bytes, and a report", async () => {
  const { call, deferred } = defer()
  const sent = deferred.toResponse()
  call().head(203, ['content-type', 'text/event-stream', 'x-request-id', 'req_1']).data(STREAM).end()
  const response = await sent
  assert.equal(response.status, 203)
  assert.deepEqual(
    [...response.headers],
    [
      ['content-type', 'text/event-stream'],
      ['x-request-id', 'req_1'],
    ],
  )
  assert.equal(await response.text(), STREAM)
  const { outcome, status, usage, upstream, events } = await deferred.report
  assert.deepEqual([outcome, status, usage.input, usage.output, events], ['completed', 203, 7, 3, 4])
  assert.deepEqual(upstream, { name: 'up.test', dialect: 'chat' })
})

test('a response resolves when the head is decided, not when the body is there', async () => {
  const { call, deferred } = defer()
  const sent = deferred.toResponse()
  call().head(200).data(DELTA)
  const reader = (await sent).body!.getReader()
  assert.equal(new TextDecoder().decode((await reader.read()).value), DELTA)
  call()
    .data(FINISH + USAGE + DONE)
    .end()
  await reader.read()
  assert.equal((await reader.read()).done, true)
})

test("an upstream's refusal is the response's status", async () => {
  const { call, deferred } = defer()
  const sent = deferred.toResponse()
  const body = '{"error":{"message":"Slow down","type":"rate_limit_error","param":null,"code":null}}'
  call().head(429, ['content-type', 'application/json', 'retry-after', '7']).data(body).end()
  const response = await sent
  assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
  assert.equal(await response.text(), body)
  assert.equal((await deferred.report).error?.code, 'rate-limited')
})

test('a response is sent once', async () => {
  const { client, call, deferred } = defer()
  const sent = deferred.toResponse()
  await assert.rejects(deferred.toResponse(), MillraceError)
  assert.equal(client.requests.length, 1)
  call().head(200).data(STREAM).end()
  assert.equal(await (await sent).text(), STREAM)
})

test('the upstream is paused while the reader does not read', async () => {
  const { call, deferred } = defer()
  const sent = deferred.toResponse()
  const frame = DELTA.replace('das Mehl', 'x'.repeat(40_000))
  call().head(200).data(frame)
  assert.equal(call().isPaused, false)
  call().data(frame)
  assert.equal(call().isPaused, true)
  const reader = (await sent).body!.getReader()
  await reader.read()
  assert.equal(call().isPaused, false)
})

test('an error comes before the cut, and then the body breaks', async () => {
  const { call, deferred } = defer()
  const sent = deferred.toResponse()
  call().head(200).data(DELTA).error(RESET)
  const reader = (await sent).body!.pipeThrough(new TextDecoderStream()).getReader()
  assert.equal((await reader.read()).value, DELTA)
  assert.match((await reader.read()).value ?? '', /^data: \{"error":\{.*closed the connection/)
  await assert.rejects(reader.read(), StreamingError)
  assert.equal((await deferred.report).outcome, 'failed')
})

test('cancelling the body aborts the upstream', async () => {
  const { call, deferred } = defer()
  const sent = deferred.toResponse()
  call().head(200).data(DELTA)
  await (await sent).body!.cancel()
  assert.equal(call().isAborted, true)
  const { outcome, usage } = await deferred.report
  assert.deepEqual([outcome, usage.provenance], ['cancelled', 'estimated'])
})

test('a signal that is aborted already sends nothing', async () => {
  const { client, deferred } = defer()
  await assert.rejects(deferred.toResponse({ signal: AbortSignal.abort(new Error('too late')) }), /too late/)
  assert.equal(client.requests.length, 0)
})

test('a signal aborted before the head rejects, and aborts the upstream', async () => {
  const { call, deferred } = defer()
  const abort = new AbortController()
  const sent = deferred.toResponse({ signal: abort.signal })
  abort.abort(new Error('too long'))
  await assert.rejects(sent, /too long/)
  assert.equal(call().isAborted, true)
  assert.equal((await deferred.report).outcome, 'cancelled')
})

test('a signal aborted in the middle breaks the body, and aborts the upstream', async () => {
  const { call, deferred } = defer()
  const abort = new AbortController()
  const sent = deferred.toResponse({ signal: abort.signal })
  call().head(200).data(DELTA)
  const response = await sent
  abort.abort(new Error('too long'))
  await assert.rejects(response.text(), /too long/)
  assert.equal(call().isAborted, true)
  assert.equal((await deferred.report).outcome, 'cancelled')
})

test('a signal aborted after the end changes nothing', async () => {
  const { call, deferred } = defer()
  const abort = new AbortController()
  const sent = deferred.toResponse({ signal: abort.signal })
  call().head(200).data(STREAM).end()
  const response = await sent
  assert.equal(await response.text(), STREAM)
  await deferred.report
  abort.abort()
  assert.equal((await deferred.report).outcome, 'completed')
})

test('a stream is stopped from outside with an error of its own dialect', async () => {
  const { call, deferred } = defer()
  const sent = deferred.toResponse()
  call().head(200).data(DELTA)
  deferred.cancel('drain')
  const reader = (await sent).body!.pipeThrough(new TextDecoderStream()).getReader()
  await reader.read()
  assert.match((await reader.read()).value ?? '', /^data: \{"error":.*shutting down/)
  assert.equal(call().isAborted, true)
  await reader.cancel().catch(() => {})
  assert.equal((await deferred.report).outcome, 'cancelled')
})

test('a stream that was stopped before it was sent is answered 503', async () => {
  const { call, deferred } = defer()
  deferred.cancel('operator')
  const response = await deferred.toResponse()
  assert.equal(response.status, 503)
  assert.equal(call().isAborted, true)
  assert.match(JSON.parse(await response.text()).error.message, /stopped by an operator/)
  assert.equal((await deferred.report).outcome, 'cancelled')
})

test('what the request cannot be made for is told to the caller, and the response is untouched', async () => {
  const boom = () => {
    throw new Error('boom')
  }
  await assert.rejects(defer({ url: 'no url' }).deferred.toResponse(), TypeError)
  await assert.rejects(defer({ headers: ['x-odd'] }).deferred.toResponse(), MillraceError)
  await assert.rejects(defer({ handlerConfig: { requestTransformer: boom } }).deferred.toResponse(), /boom/)
  await assert.rejects(defer({ handlerConfig: { metricsCollector: boom } }).deferred.toResponse(), /boom/)
})

test('a client that is to be closed is closed when the stream has ended, however it ended', async () => {
  class Counted extends ScriptedClient {
    closed = 0
    override async close() {
      this.closed++
    }
  }
  const endings = [
    (call: ScriptedCall) => call.head(200).data(STREAM).end(),
    (call: ScriptedCall) => call.head(500, []).end(),
    (call: ScriptedCall) => call.error(RESET),
  ]
  for (const end of endings)
    for (const closeClientOnFinish of [true, false]) {
      const client = new Counted()
      const { deferred } = defer({ client, closeClientOnFinish })
      const sent = deferred.toResponse()
      assert.equal(client.closed, 0)
      end(client.calls[0] as ScriptedCall)
      await (await sent).text()
      await deferred.report
      assert.equal(client.closed, closeClientOnFinish ? 1 : 0)
    }
})

test('another upstream is asked while nothing of the answer has left', async () => {
  const adapter = relayAdapter(DIALECTS.chat)
  const url = new URL('http://up.test/')
  const request = (name: string) => ({ method: 'POST', url, headers: ['x-attempt', name], body: undefined })
  const { client, deferred, call } = defer({
    next: failed => {
      const upstream = failed === undefined ? 'first' : 'second'
      if (client.calls.length > 1) return undefined
      return { upstream, client, request: request(upstream), adapter }
    },
  })
  const sent = deferred.toResponse()
  call(0).head(503, []).end()
  call(1).head(200).data(STREAM).end()
  assert.equal(await (await sent).text(), STREAM)
  assert.deepEqual(
    client.requests.map(({ headers }) => headers[1]),
    ['first', 'second'],
  )
  const { attempts, upstream } = await deferred.report
  assert.deepEqual([attempts.length, upstream.name], [2, 'second'])
})

test('a client that leaves is cancelled, drained or detached from, as the options say', async () => {
  const outcomes = { cancel: ['cancelled', 4], drain: ['cancelled', 3], detach: ['completed', 3] } as const
  for (const policy of ['cancel', 'drain', 'detach'] as const) {
    const { call, deferred } = defer({ onClientGone: policy })
    const sent = deferred.toResponse()
    call().head(200).data(DELTA)
    await (await sent).body?.cancel()
    call()
      .data(FINISH + USAGE + DONE)
      .end()
    const { outcome, usage } = await deferred.report
    assert.deepEqual([outcome, usage.output], outcomes[policy])
  }
  const { call, deferred } = defer({ onClientGone: { policy: 'detach', maxOutputTokens: 1 } })
  const sent = deferred.toResponse()
  call().head(200).data(DELTA)
  await (await sent).body?.cancel()
  call().data(DELTA)
  assert.deepEqual([call().isAborted, (await deferred.report).outcome], [true, 'cancelled'])
})
