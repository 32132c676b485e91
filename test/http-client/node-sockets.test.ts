/** When sockets are reused, retried and given up. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { check, ok } from './node-world.ts'
import { fetchAll, send } from './recorder.ts'
import { type Answer, answerWith, CHUNKED, chunk, LAST_CHUNK } from './upstream.ts'

check('reuses a connection after the normal end of an answer', ok, async ({ client, upstream }) => {
  for (let turn = 0; turn < 3; turn++) assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
  assert.deepEqual([upstream.requests.length, upstream.sockets.length], [3, 1])
})

check('tells when a connection has the request, a new one or an old one', ok, async ({ client, upstream }) => {
  const calls = [await fetchAll(client, upstream.url), await fetchAll(client, upstream.url)]
  assert.deepEqual(
    calls.map(({ connects }) => connects),
    [1, 1],
  )
})

check(
  'never reuses a connection after an abort',
  (socket, request) => socket.write(request.includes('/stream') ? CHUNKED + chunk('abc') : answerWith('ok')),
  async ({ client, upstream }) => {
    const { call, recorder } = send(client, new URL('/stream', upstream.url))
    await recorder.until('data')
    call.abort()
    assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
    assert.equal(upstream.sockets.length, 2)
  },
)

check(
  'does not reuse a connection for longer than the upstream hints at',
  socket => socket.write(answerWith('ok', 'Keep-Alive: timeout=2')),
  async ({ client, upstream }) => {
    await fetchAll(client, upstream.url)
    await fetchAll(client, upstream.url)
    assert.equal(upstream.sockets.length, 2)
  },
)

/** Answers the first request of each connection, and closes at the second. */
function closesAtTheSecond(close: 'end' | 'resetAndDestroy'): Answer {
  return socket => (socket.bytesWritten === 0 ? socket.write(answerWith('ok')) : socket[close]())
}

for (const close of ['end', 'resetAndDestroy'] as const)
  check(
    `retries once on a new connection when a pooled one is closed (${close})`,
    closesAtTheSecond(close),
    async world => {
      const { client, upstream } = world
      await fetchAll(client, upstream.url)
      const { events, text, connects } = await fetchAll(client, new URL('/again', upstream.url))
      assert.deepEqual([events, text, connects], [['head', 'data', 'end'], 'ok', 2])
      assert.deepEqual([upstream.requests.length, upstream.sockets.length], [3, 2])
      assert.equal(upstream.requests[2], upstream.requests[1])
    },
  )

for (const close of ['end', 'resetAndDestroy'] as const)
  check(
    `does not retry on a fresh connection (${close})`,
    socket => socket[close](),
    async ({ client, upstream }) => {
      const { events, failure } = await fetchAll(client, upstream.url)
      assert.deepEqual([events, failure?.code, upstream.requests.length], [['error'], 'upstream', 1])
    },
  )

check(
  'does not retry once a byte of an answer has come',
  socket => (socket.bytesWritten === 0 ? socket.write(answerWith('ok')) : socket.end('HTTP/1.1 2')),
  async ({ client, upstream }) => {
    await fetchAll(client, upstream.url)
    const { events } = await fetchAll(client, upstream.url)
    assert.deepEqual([events, upstream.requests.length], [['error'], 2])
  },
)

check('does not retry a call that was aborted', closesAtTheSecond('end'), async ({ client, upstream }) => {
  await fetchAll(client, upstream.url)
  const { call, recorder } = send(client, upstream.url)
  call.abort()
  await sleep(50)
  assert.deepEqual(recorder.events, [])
  assert.ok(upstream.requests.length <= 2)
})

for (const junk of ['junk', answerWith('injected'), '\0'])
  check(
    `lets bytes that nobody asked for harm nobody (${JSON.stringify(junk.slice(0, 8))})`,
    (socket, request) => socket.write(answerWith(request.split(' ')[1] ?? '') + (request.includes('/1') ? junk : '')),
    async ({ client, upstream }) => {
      for (const path of ['/1', '/2', '/1', '/3']) {
        const { events, text } = await fetchAll(client, new URL(path, upstream.url))
        assert.deepEqual([events, text], [['head', 'data', 'end'], path])
      }
    },
  )

check(
  'makes requests wait for a socket, and drops one that is aborted while it waits',
  (socket, request) => {
    if (!request.includes('/first')) socket.write(answerWith(request.split(' ')[1] ?? ''))
  },
  async ({ client, upstream }) => {
    const first = send(client, new URL('/first', upstream.url))
    const second = send(client, new URL('/second', upstream.url))
    const third = send(client, new URL('/third', upstream.url))
    while (upstream.requests.length === 0) await sleep(1)
    second.call.abort()
    upstream.sockets[0]?.write(answerWith('done'))
    assert.equal((await first.recorder.over()).text, 'done')
    assert.equal((await third.recorder.over()).text, '/third')
    assert.deepEqual(second.recorder.events, [])
    assert.ok(!upstream.requests.some(request => request.includes('/second')))
  },
  { connections: 1 },
)

check(
  'resumes a call that has ended without waking the next one on its socket',
  (socket, request) => socket.write(request.includes('/next') ? CHUNKED + chunk('abc') : answerWith('ok')),
  async ({ client, upstream }) => {
    const ended = send(client, upstream.url)
    ended.recorder.onEvent = event => event === 'data' && ended.call.pause()
    await ended.recorder.until('data')
    const next = send(client, new URL('/next', upstream.url))
    await next.recorder.until('data')
    next.call.pause()
    for (let more = 0; more < 3; more++) upstream.sockets[0]?.write(chunk('more'))
    await sleep(20)
    ended.call.resume()
    await ended.recorder.over()
    await sleep(20)
    assert.equal(next.recorder.text, 'abc')
    next.call.resume()
    upstream.sockets[0]?.write(LAST_CHUNK)
    assert.equal((await next.recorder.over()).text, 'abcmoremoremore')
    assert.equal(upstream.sockets.length, 1)
  },
  { connections: 1 },
)

check(
  'does not use a connection after its time',
  ok,
  async ({ client, upstream }) => {
    await fetchAll(client, upstream.url)
    await sleep(60)
    assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
    assert.equal(upstream.sockets.length, 2)
  },
  { keepAliveMs: 30 },
)

check('closes its idle connections when it is closed', ok, async ({ client, upstream }) => {
  await fetchAll(client, upstream.url)
  const closed = once(upstream.sockets[0] as NodeJS.EventEmitter, 'close')
  await client.close()
  await closed
})

check(
  'tells every request of a refused upstream so, and asks again when asked again',
  ok,
  async ({ createClient, upstream }) => {
    const client = createClient({ connections: 1 })
    await upstream[Symbol.asyncDispose]()
    const asked = [1, 2, 3].map(() => send(client, upstream.url).recorder.over())
    for (const { events, failure } of await Promise.all(asked))
      assert.deepEqual([events, failure?.transport], [['error'], 'ECONNREFUSED'])
  },
)
