/** What the undici client does beyond what every client does. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { constants, createGzip, gzipSync, zstdCompressSync } from 'node:zlib'
import { UndiciClient, type UndiciClientOptions } from '../../src/node/index.ts'
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts'
import { fetchAll, send } from './recorder.ts'
import { type Answer, answerWith, CHUNKED, chunk, headerLines, LAST_CHUNK, Upstream } from './upstream.ts'

interface World {
  readonly client: UndiciClient
  readonly upstream: Upstream
}

function check(
  behaviour: string,
  answer: Answer,
  run: (world: World) => Promise<void>,
  options?: UndiciClientOptions,
): void {
  test(`UndiciClient ${behaviour}`, { timeout: 5000 }, async () => {
    await using upstream = await Upstream.start(answer)
    const client = new UndiciClient(options)
    await run({ client, upstream })
    await client.close()
  })
}

const ok: Answer = socket => socket.write(answerWith('ok'))

// Headers

check('sends headers in their order and case, repeats on lines of their own', ok, async ({ client, upstream }) => {
  const headers = ['B', '1', 'anthropic-beta', 'x,  y', 'a', '2', 'Anthropic-Beta', 'z', 'B', '3']
  await fetchAll(client, upstream.url, { headers })
  assert.deepEqual(headerLines(upstream.requests[0]), [
    `host: ${upstream.url.host}`,
    'connection: keep-alive',
    'B: 1',
    'anthropic-beta: x,  y',
    'a: 2',
    'Anthropic-Beta: z',
    'B: 3',
    'content-length: 2',
  ])
})

check(
  'gives headers in their order and case, repeats apart, byte for byte',
  socket => socket.write(Buffer.from(answerWith('', 'X-B: 1', 'x-a:  caf\u00e9\t', 'X-B: 2', 'Empty:'), 'latin1')),
  async ({ client, upstream }) => {
    const { head } = await fetchAll(client, upstream.url)
    assert.deepEqual(head, {
      status: 200,
      headers: ['X-B', '1', 'x-a', 'caf\u00e9', 'X-B', '2', 'Empty', '', 'Content-Length', '0'],
    })
  },
)

const fields = (count: number): string[] => Array.from({ length: count }, (_, at) => `X-${at}: ${at}`)

check(
  'takes a head of 200 fields and refuses one of 201',
  (socket, request) => socket.write(answerWith('ok', ...fields(request.includes('/many') ? 200 : 199))),
  async ({ client, upstream }) => {
    assert.equal((await fetchAll(client, upstream.url)).head?.headers.length, 400)
    const closed = once(upstream.sockets[0] as NodeJS.EventEmitter, 'close')
    const { events, failure } = await fetchAll(client, new URL('/many', upstream.url))
    assert.deepEqual(events, ['error'])
    assert.equal(failure?.message, `Cannot read from ${upstream.url.host}: its head has more than 200 fields`)
    await closed
  },
)

check(
  'takes a head of 60 KiB and refuses one of more than 64',
  (socket, request) => socket.write(answerWith('ok', `X: ${'x'.repeat(request.includes('/big') ? 65536 : 60000)}`)),
  async ({ client, upstream }) => {
    assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
    const { events, failure } = await fetchAll(client, new URL('/big', upstream.url))
    assert.deepEqual([events, failure?.raw?.code], [['error'], 'UND_ERR_HEADERS_OVERFLOW'])
  },
)

check(
  'tells a 100 Continue that nobody asked for as a failure',
  socket => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${answerWith('ok')}`),
  async ({ client, upstream }) => {
    const { events, failure } = await fetchAll(client, upstream.url)
    assert.deepEqual([events, failure?.code], [['error'], 'upstream'])
  },
)

check('tells a header that cannot be sent as a failure, not as an exception', ok, async ({ client, upstream }) => {
  const { events, failure } = await fetchAll(client, upstream.url, { headers: ['x', 'sk-secret\r\ny: z'] })
  assert.deepEqual(events, ['error'])
  assert.equal(failure?.message, `Cannot talk to ${upstream.url.host}: invalid x header`)
})

// Gathering

check(
  'gives twenty chunks of one write in one piece',
  socket => {
    const chunks = Array.from({ length: 20 }, (_, at) => chunk(`data: ${at}\n\n`))
    socket.write(Buffer.concat([Buffer.from(CHUNKED), ...chunks, Buffer.from(LAST_CHUNK)]))
  },
  async ({ client, upstream }) => {
    const { events, text } = await fetchAll(client, upstream.url)
    assert.deepEqual(events, ['head', 'data', 'end'])
    assert.equal(text, Array.from({ length: 20 }, (_, at) => `data: ${at}\n\n`).join(''))
  },
)

check('does not call its handler before send has returned', ok, async ({ client, upstream }) => {
  await client.close()
  const { recorder } = send(client, upstream.url)
  assert.deepEqual(recorder.events, [])
  assert.equal((await recorder.over()).failure?.code, 'cancelled')
})

// Sockets

check('reuses a connection after the normal end of an answer', ok, async ({ client, upstream }) => {
  for (let turn = 0; turn < 3; turn++) assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
  assert.deepEqual([upstream.requests.length, upstream.sockets.length], [3, 1])
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
const closesAtTheSecond =
  (close: 'end' | 'resetAndDestroy'): Answer =>
  socket => {
    if (asked.has(socket)) socket[close]()
    else socket.write(answerWith('ok'))
    asked.add(socket)
  }
const asked = new WeakSet<object>()

for (const close of ['end', 'resetAndDestroy'] as const)
  check(
    `retries once on a new connection when a pooled one is closed (${close})`,
    closesAtTheSecond(close),
    async world => {
      const { client, upstream } = world
      await fetchAll(client, upstream.url)
      const { events, text } = await fetchAll(client, new URL('/again', upstream.url))
      assert.deepEqual([events, text], [['head', 'data', 'end'], 'ok'])
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
  socket => {
    if (asked.has(socket)) socket.end('HTTP/1.1 2')
    else socket.write(answerWith('ok'))
    asked.add(socket)
  },
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

// Connecting

test('UndiciClient gives up on a connection that is not made in time', { timeout: 5000 }, async () => {
  await using upstream = await Upstream.start(() => {})
  const client = new UndiciClient({ connectMs: 50 })
  // A listener that never says a word of TLS.
  const { events, failure } = await fetchAll(client, `https://${upstream.url.host}/`)
  assert.deepEqual(events, ['error'])
  assert.deepEqual([failure?.code, failure?.status, failure?.raw?.code], ['timeout', 504, 'UND_ERR_CONNECT_TIMEOUT'])
  await client.close()
})

test('UndiciClient tells a name that does not resolve as a failure', async () => {
  const client = new UndiciClient({
    lookup: (_host, _options, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
  })
  const { failure } = await fetchAll(client, 'http://api.example.com/')
  assert.equal(failure?.message, 'Cannot connect to api.example.com:80: no such host; check the name in its base URL')
  await client.close()
})

check('dials the very address that was checked', ok, async ({ upstream }) => {
  let asked = 0
  const client = new UndiciClient({
    allowPrivate: true,
    lookup: (_host, _options, callback) => {
      asked++
      callback(null, [{ address: '127.0.0.1', family: 4 }])
    },
  })
  assert.equal((await fetchAll(client, `http://ollama.internal:${upstream.url.port}/`)).text, 'ok')
  assert.equal(asked, 1)
  assert.equal(headerLines(upstream.requests[0])[0], `host: ollama.internal:${upstream.url.port}`)
  await client.close()
})

check('does not dial a public name that leads to this machine', ok, async ({ upstream }) => {
  const client = new UndiciClient({
    lookup: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  const { failure } = await fetchAll(client, `http://rebound.example.com:${upstream.url.port}/`)
  assert.match(failure?.message ?? '', /^Cannot dial rebound.example.com: it leads to 127.0.0.1, which is loopback/)
  assert.equal(upstream.sockets.length, 0)
  await client.close()
})

test('UndiciClient dials no metadata address, named or not', async () => {
  const client = new UndiciClient({ allowPrivate: true })
  for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '2852039166']) {
    const { events, failure } = await fetchAll(client, `http://${host}/latest`)
    assert.deepEqual(events, ['error'])
    assert.match(failure?.message ?? '', /is link-local, metadata or reserved$/)
  }
  await client.close()
})

test('UndiciClient trusts an upstream by `ca`, and not without', { timeout: 5000 }, async () => {
  const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY, ALPNProtocols: ['h2', 'http/1.1'] })
  await using upstream = await Upstream.start(ok, { server, protocol: 'https' })
  const [trusting, doubting] = [new UndiciClient({ ca: CERTIFICATE }), new UndiciClient()]
  assert.equal((await fetchAll(trusting, upstream.url)).text, 'ok')
  assert.equal((await fetchAll(trusting, upstream.url)).text, 'ok')
  assert.equal(upstream.sockets.length, 1)
  const { failure } = await fetchAll(doubting, upstream.url)
  assert.deepEqual([failure?.code, failure?.raw?.code], ['upstream', 'DEPTH_ZERO_SELF_SIGNED_CERT'])
  await Promise.all([trusting.close(), doubting.close()])
})

test('UndiciClient retries a stale pooled connection over TLS too, and no fresh one', { timeout: 5000 }, async () => {
  const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY })
  let isFirst = true
  const answer: Answer = socket => {
    if (isFirst) socket.write(answerWith('ok'))
    else socket.end()
    isFirst = false
  }
  await using upstream = await Upstream.start(answer, { server, protocol: 'https' })
  const client = new UndiciClient({ ca: CERTIFICATE })
  await fetchAll(client, upstream.url)
  const { events } = await fetchAll(client, upstream.url)
  assert.deepEqual([events, upstream.requests.length, upstream.sockets.length], [['error'], 3, 2])
  await client.close()
})

// Coded bodies

check(
  'decodes a coded stream as it comes',
  async socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n')
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
    gzip.on('data', (bytes: Buffer) => socket.write(chunk(bytes)))
    gzip.on('end', () => socket.write(LAST_CHUNK))
    next = text => (text === undefined ? gzip.end() : gzip.write(text))
    next('data: 0\n\n')
  },
  async ({ client, upstream }) => {
    const { recorder } = send(client, upstream.url)
    for (const expected of ['data: 0\n\n', 'data: 0\n\ndata: 1\n\n', 'data: 0\n\ndata: 1\n\ndata: 1\n\n']) {
      while (recorder.text !== expected) await sleep(1)
      next('data: 1\n\n')
    }
    next(undefined)
    await recorder.over()
    assert.equal(recorder.events.at(-1), 'end')
  },
)
let next: (text: string | undefined) => void

for (const [coding, encode] of Object.entries({ gzip: gzipSync, zstd: zstdCompressSync }))
  check(
    `refuses a ${coding} body that grows without measure, and hangs up`,
    socket => {
      const bomb = encode(Buffer.alloc(64 * 1024 * 1024))
      socket.write(answerWith('', `Content-Encoding: ${coding}`).replace('Length: 0', `Length: ${bomb.length + 1}`))
      socket.write(bomb)
    },
    async ({ client, upstream }) => {
      const { recorder } = send(client, upstream.url)
      await recorder.over()
      assert.equal(recorder.events.at(-1), 'error')
      assert.equal(recorder.failure?.message, 'Cannot decode the answer: it grows more than 100 times')
      assert.ok(recorder.bytes <= 8 * 1024 * 1024, `${recorder.bytes} bytes`)
      const [socket] = upstream.sockets
      if (socket?.destroyed === false) await once(socket, 'close')
    },
  )

check(
  'takes a body that grows much but stays below a mebibyte',
  socket => {
    const body = gzipSync(Buffer.alloc(1024 * 1024))
    socket.write(answerWith('', 'Content-Encoding: gzip').replace('Length: 0', `Length: ${body.length}`))
    socket.write(body)
  },
  async ({ client, upstream }) => {
    const { recorder } = send(client, upstream.url)
    await recorder.over()
    assert.deepEqual([recorder.events.at(-1), recorder.text.length], ['end', 1024 * 1024])
  },
)

check(
  'tells a coded body that is cut as a failure, after what came before',
  socket => socket.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n'), cutGzip])),
  async ({ client, upstream }) => {
    const { recorder } = send(client, upstream.url)
    await recorder.over()
    assert.equal(recorder.events.at(-1), 'error')
    assert.equal(recorder.failure?.message, 'Cannot decode the answer: its gzip body is damaged')
  },
)
const cutGzip = gzipSync('data: hello\n\n').subarray(0, -8)

check(
  'stops decoding while paused, and loses nothing',
  socket => {
    const body = gzipSync(Buffer.from(Array.from({ length: 400_000 }, (_, at) => `${at}\n`).join('')))
    socket.write(answerWith('', 'Content-Encoding: gzip').replace('Length: 0', `Length: ${body.length}`))
    socket.write(body)
  },
  async ({ client, upstream }) => {
    const { call, recorder } = send(client, upstream.url)
    recorder.onEvent = event => event === 'data' && recorder.chunks.length === 1 && call.pause()
    await recorder.until('data')
    await sleep(50)
    assert.equal(recorder.chunks.length, 1)
    call.resume()
    await recorder.over()
    assert.equal(recorder.text.split('\n').length, 400_001)
  },
)

check(
  'says nothing more of a coded body after an abort',
  socket => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`)
    socket.write(chunk(gzipSync(Buffer.alloc(500_000))))
    socket.write(LAST_CHUNK)
  },
  async ({ client, upstream }) => {
    const { call, recorder } = send(client, upstream.url)
    recorder.onEvent = event => event === 'data' && call.abort()
    await recorder.until('data')
    await sleep(20)
    assert.deepEqual(recorder.events, ['head', 'data'])
  },
)
