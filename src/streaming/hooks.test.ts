import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { DELTA, DONE, defer, FINISH, STREAM } from '../../test/deferred.ts'
import { type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { failure } from '../errors.ts'
import { type Hook, type HookEvent, HookManager, type HookState, RequestContext } from '../observe/index.ts'
import type { DeferredStreamingOptions } from './deferred-streaming.ts'
import { StreamingHandler } from './streaming-handler.ts'

const LIFE: readonly HookEvent[] = [
  'provider.stream.start',
  'provider.request.sent',
  'provider.response.received',
  'provider.stream.end',
  'provider.error',
]

function watch(events: readonly HookEvent[] = LIFE) {
  const hookManager = new HookManager()
  const states: HookState[] = []
  hookManager.register({ name: 'notes', events, handle: state => void states.push(state) })
  return { hookManager, states, names: () => states.map(({ event }) => event) }
}

/** Sends a response, lets the upstream do something, and waits until all is told. */
async function told(act: (call: ScriptedCall) => unknown, options: Partial<DeferredStreamingOptions> = {}) {
  const watched = watch()
  const { call, deferred } = defer({ hookManager: watched.hookManager, ...options })
  const sent = deferred.toResponse()
  act(call())
  await (await sent).text().catch(() => {})
  await deferred.report
  await watched.hookManager.drain()
  return watched
}

/** What the last state says, which is the end. */
function outcomeIn(states: readonly HookState[]): string {
  return (states.at(-1)!.data as { outcome: string }).outcome
}

function prepare(handle: Hook['handle']): HookManager {
  const hookManager = new HookManager()
  hookManager.register({ name: 'prepare', events: ['provider.request.prepared'], handle })
  return hookManager
}

test('hooks are told the life of a stream in its order', async () => {
  const { names, states } = await told(call => call.head(200).data(STREAM).end())
  assert.deepEqual(names(), [
    ...['provider.stream.start', 'provider.request.sent', 'provider.response.received', 'provider.stream.end'],
  ])
  assert.deepEqual(states.map(({ data }) => data).slice(0, 3), [
    { model: undefined, dialect: 'chat' },
    { method: 'POST', url: 'http://up.test/v1/chat/completions' },
    { status: 200 },
  ])
  assert.equal(outcomeIn(states), 'completed')
  assert.deepEqual(new Set(states.map(({ provider }) => provider)), new Set(['up.test']))
  assert.equal(new Set(states.map(({ requestId }) => requestId)).size, 1)
  assert.equal(new Set(states.map(({ metadata }) => metadata)).size, 1)
})

const ENDINGS: readonly (readonly [name: string, outcome: string, act: (call: ScriptedCall) => unknown])[] = [
  ['a refusal', 'failed', call => call.head(429, []).data('{"error":{"message":"Slow down"}}').end()],
  ['a reset before the head', 'failed', call => call.error(failure('upstream', 'reset'))],
  ['a reset in the middle', 'failed', call => call.head(200).data(DELTA).error(failure('upstream', 'reset'))],
  ['a stream that just stops', 'truncated', call => call.head(200).data(DELTA).end()],
  [
    'an error in the stream',
    'failed',
    call => call.head(200).data(`${DELTA}data: {"error":{"message":"no"}}\n\n`).end(),
  ],
]

for (const [name, outcome, act] of ENDINGS)
  test(`${name} is told as an error beside the end`, async () => {
    const { names, states } = await told(act)
    assert.deepEqual(
      names().filter(event => event !== 'provider.response.received'),
      ['provider.stream.start', 'provider.request.sent', 'provider.error', 'provider.stream.end'],
    )
    const [error, end] = states.slice(-2)
    assert.equal(outcomeIn(states), outcome)
    assert.ok(error?.error !== undefined && error.error === end?.error)
  })

test('an exchange that never gets as far as an upstream has its start and its end too', async () => {
  const next = () => {
    throw new Error('no route')
  }
  const { names } = await told(() => {}, { next })
  assert.deepEqual(names(), ['provider.stream.start', 'provider.request.sent', 'provider.error', 'provider.stream.end'])
})

test('a client that leaves is told as the end', async () => {
  const { hookManager, names, states } = watch()
  const { call, deferred } = defer({ hookManager })
  const sent = deferred.toResponse()
  call().head(200).data(DELTA)
  await (await sent).body!.cancel()
  await deferred.report
  await hookManager.drain()
  assert.equal(names().at(-1), 'provider.stream.end')
  assert.equal(outcomeIn(states), 'cancelled')
})

test('chunks are told raw and converted, as copies, in their order', async () => {
  const { hookManager, states } = watch(['provider.stream.chunk', 'provider.stream.end'])
  const { call, deferred } = defer({ hookManager })
  const sent = deferred.toResponse()
  call()
    .head(200)
    .data(DELTA.slice(0, 20))
    .data(DELTA.slice(20) + FINISH + DONE)
    .end()
  await (await sent).text()
  await hookManager.drain()
  const chunks = states.flatMap(state => (state.event === 'provider.stream.chunk' ? [state.data] : []))
  assert.deepEqual(
    chunks.map(({ form, content = fromUtf8('') }) => [form, toUtf8(content)]),
    [
      ['raw', DELTA.slice(0, 20)],
      ['raw', DELTA.slice(20) + FINISH + DONE],
      ['converted', DELTA + FINISH + DONE],
    ],
  )
  assert.equal(states.at(-1)?.event, 'provider.stream.end')
})

test('a hook may change method, URL, headers and body of the request', async () => {
  const hookManager = prepare(state => {
    if (state.event !== 'provider.request.prepared') return undefined
    const { headers } = state.data
    const url = new URL('http://other.test/v2')
    return { ...state, data: { method: 'PUT', url, headers: [...headers, 'x-team', 'blue'], body: fromUtf8('{}') } }
  })
  const { client, call, deferred } = defer({ hookManager })
  const sent = deferred.toResponse()
  await turn()
  assert.deepEqual(client.requests, [
    {
      method: 'PUT',
      url: new URL('http://other.test/v2'),
      headers: ['Content-Type', 'application/json', 'accept-encoding', 'identity', 'x-team', 'blue'],
      body: fromUtf8('{}'),
    },
  ])
  call().head(200).data(STREAM).end()
  await (await sent).text()
  assert.equal((await deferred.report).upstream.name, 'other.test')
})

test('the hooks of a preparation see the request as it will be sent, and each other', async () => {
  const seen: unknown[] = []
  const hookManager = prepare(async state => {
    seen.push(state.data, state.metadata.get('note'))
    return undefined
  })
  hookManager.register({
    name: 'earlier',
    events: ['provider.request.prepared'],
    priority: 100,
    handle: state => void state.metadata.set('note', 'hello'),
  })
  const { client, deferred } = defer({ hookManager })
  deferred.toResponse()
  await turn()
  assert.deepEqual(seen, [client.requests[0], 'hello'])
})

test('a hook that fails while it prepares changes nothing', async () => {
  const hookManager = prepare(() => {
    throw new Error('boom')
  })
  const { client, deferred } = defer({ hookManager })
  deferred.toResponse()
  await turn()
  assert.equal(client.requests[0]?.url.host, 'up.test')
})

test('a stream that is stopped while hooks prepare it never asks the upstream for good', async () => {
  const thought = Promise.withResolvers<undefined>()
  const { client, deferred } = defer({ hookManager: prepare(() => thought.promise) })
  const sent = deferred.toResponse()
  await turn()
  deferred.cancel('drain')
  thought.resolve(undefined)
  const response = await sent
  assert.equal(response.status, 503)
  await response.text()
  assert.ok(client.calls.every(({ isAborted }) => isAborted))
  assert.equal((await deferred.report).outcome, 'cancelled')
})

test('a client that leaves while hooks prepare its request is cancelled', async () => {
  const thought = Promise.withResolvers<undefined>()
  const { client, deferred } = defer({ hookManager: prepare(() => thought.promise) })
  const abort = new AbortController()
  const sent = deferred.toResponse({ signal: abort.signal })
  abort.abort(new Error('left'))
  await assert.rejects(sent, /left/)
  thought.resolve(undefined)
  assert.equal((await deferred.report).outcome, 'cancelled')
  assert.ok(client.calls.every(({ isAborted }) => isAborted))
})

test("a handler's hooks watch all of its requests", async () => {
  const { hookManager, names } = watch(['provider.stream.end'])
  const handler = new StreamingHandler({ hookManager })
  for (const requestId of ['a', 'b']) {
    const client = new ScriptedClient()
    const deferred = handler.handleStreamingRequest({
      method: 'GET',
      url: 'http://up.test/',
      headers: [],
      body: undefined,
      client,
      requestContext: new RequestContext({ requestId }),
    })
    assert.equal(client.requests.length, 0)
    const sent = deferred.toResponse()
    client.calls[0]?.head(200).data('x').end()
    assert.equal(await (await sent).text(), 'x')
    assert.equal((await deferred.report).id, requestId)
  }
  await hookManager.drain()
  assert.equal(names().length, 2)
})
