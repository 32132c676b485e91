import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { DELTA, DONE, defer, FINISH, STREAM } from '../../test/deferred.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { passAdapter, relayAdapter } from '../exchange/index.ts'
import { RequestContext } from '../observe/index.ts'
import type { DeferredStreamingOptions, HeadersAnswer } from './deferred-streaming.ts'
import type { HandlerConfig } from './handler-config.ts'

const HEADERS = ['content-type', 'text/event-stream', 'request-id', 'req_1']

/** Answers a stream, relayed and metered unless another configuration is given. */
async function answered(onHeaders: NonNullable<DeferredStreamingOptions['onHeaders']>, handlerConfig?: HandlerConfig) {
  const { call, deferred } = defer({ onHeaders, ...(handlerConfig && { handlerConfig }) })
  const sent = deferred.toResponse()
  call().head(200, HEADERS)
  await turn()
  call().data(STREAM).end()
  const response = await sent
  return { response, text: await response.text(), report: await deferred.report }
}

test("onHeaders is told the upstream's head and the context, once", async () => {
  const told: unknown[] = []
  const requestContext = new RequestContext()
  const { call, deferred } = defer({ requestContext, onHeaders: (...all) => void told.push(...all) })
  const sent = deferred.toResponse()
  call().head(203, HEADERS).data(STREAM).end()
  assert.equal((await sent).status, 203)
  assert.deepEqual(told, [{ status: 203, headers: HEADERS }, requestContext])
})

for (const [name, wrap] of [
  ['at once', (answer: HeadersAnswer) => answer],
  ['later', async (answer: HeadersAnswer) => answer],
] as const) {
  test(`the headers may be changed ${name}`, async () => {
    const { response, text } = await answered(({ headers }) => wrap({ headers: [...headers, 'x-mine', '1'] }))
    assert.deepEqual([...response.headers.keys()], ['content-type', 'request-id', 'x-mine'])
    assert.equal(text, STREAM)
  })

  test(`the content type may be changed ${name}`, async () => {
    const { response } = await answered(() => wrap({ mediaType: 'text/plain' }))
    assert.deepEqual(
      [response.headers.get('content-type'), response.headers.get('request-id')],
      ['text/plain', 'req_1'],
    )
  })

  test(`the adapter may be chosen ${name}`, async () => {
    const onHeaders = () => wrap({ responseAdapter: relayAdapter(DIALECTS.chat) })
    const { report } = await answered(onHeaders, {})
    assert.deepEqual([report.outcome, report.usage.output], ['completed', 3])
  })

  test(`null relays what comes, whatever it is, ${name}`, async () => {
    const { call, deferred } = defer({ onHeaders: () => wrap({ responseAdapter: null }) })
    const sent = deferred.toResponse()
    call().head(200, ['content-type', 'audio/mpeg'])
    await turn()
    call().data('no event').data(' at all').end()
    assert.equal(await (await sent).text(), 'no event at all')
    const { outcome, events } = await deferred.report
    assert.deepEqual([outcome, events], ['completed', 0])
  })

  test(`an error that is thrown ${name} is the answer`, async () => {
    const onHeaders = () => {
      if (name === 'at once') throw new Error('boom')
      return Promise.reject(new Error('boom'))
    }
    const { response, text, report } = await answered(onHeaders)
    assert.equal(response.status, 500)
    assert.equal(JSON.parse(text).error.message, "Cannot read the upstream's head: boom")
    assert.equal(report.outcome, 'failed')
  })
}

test('headers that belong to the connection do not cross, though they are set', async () => {
  const headers = ['transfer-encoding', 'chunked', 'connection', 'close', 'content-length', '1', 'x-mine', '1']
  const { response } = await answered(() => ({ headers }))
  assert.deepEqual([...response.headers.keys()], ['content-type', 'x-mine'])
})

test('the upstream is paused while onHeaders thinks, and what came before is not lost', async () => {
  const thought = Promise.withResolvers<undefined>()
  const { call, deferred } = defer({ onHeaders: () => thought.promise })
  const sent = deferred.toResponse()
  call().head(200)
  assert.equal(call().isPaused, true)
  call()
    .data(DELTA)
    .data(FINISH + DONE)
    .end()
  thought.resolve(undefined)
  assert.equal(await (await sent).text(), DELTA + FINISH + DONE)
  assert.equal((await deferred.report).outcome, 'completed')
})

test('an upstream that breaks while onHeaders thinks is told as what it is', async () => {
  const thought = Promise.withResolvers<undefined>()
  const { call, deferred } = defer({ onHeaders: () => thought.promise })
  const sent = deferred.toResponse()
  call().head(200).error(failure('upstream', 'Upstream closed the connection'))
  const response = await sent
  assert.equal(response.status, 502)
  assert.match(await response.text(), /closed the connection/)
  thought.resolve(undefined)
  await turn()
  assert.equal((await deferred.report).outcome, 'failed')
})

test('a client that leaves while onHeaders thinks aborts the upstream', async () => {
  const { call, deferred } = defer({ onHeaders: () => new Promise<undefined>(() => {}) })
  const abort = new AbortController()
  const sent = deferred.toResponse({ signal: abort.signal })
  call().head(200)
  abort.abort(new Error('left'))
  await assert.rejects(sent, /left/)
  assert.equal(call().isAborted, true)
})

test('onHeaders is not asked about an error, unless its adapter takes it as an answer', async () => {
  for (const [adapter, times] of [
    [relayAdapter(DIALECTS.chat), 0],
    [passAdapter(), 1],
  ] as const) {
    let asked = 0
    const { call, deferred } = defer({ handlerConfig: { responseAdapter: adapter }, onHeaders: () => void asked++ })
    const sent = deferred.toResponse()
    call().head(404, ['content-type', 'text/plain']).data('no such thing').end()
    assert.equal((await sent).status, 404)
    assert.equal(asked, times)
  }
})
