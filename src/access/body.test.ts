import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Failure } from '../errors.ts'
import { Sweep } from '../http/index.ts'
import { readBody } from './body.ts'

type Result = Uint8Array | Failure

interface Bench {
  /** Sends bytes on a new connection and gives the socket. */
  send(text: string): Promise<Socket>
  /** What `readBody` made of the request. */
  readonly result: Promise<Result>
  /** Resolves once the body is being read and that many bytes of it have come. */
  arrived(bytes: number): Promise<IncomingMessage>
  /** Sets the clock and asks all budgets. */
  passTo(nowMs: number): void
}

async function listen(t: TestContext, { maxBytes = 1000, answers = true } = {}): Promise<Bench> {
  let nowMs = 0
  const sweep = new Sweep({ now: () => nowMs })
  const { promise: result, resolve } = Promise.withResolvers<Result>()
  const counted = new EventEmitter<{ bytes: [] }>()
  let current: IncomingMessage | undefined
  let seen = 0
  const server = createServer((request, response) => {
    current = request
    request.on('data', chunk => {
      seen += chunk.length
      counted.emit('bytes')
    })
    const read = readBody(request, { maxBytes, totalMs: 30_000, sweep })
    counted.emit('bytes')
    read.then(value => {
      resolve(value)
      if (answers) response.writeHead(200, { connection: 'close' }).end('done')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    async send(text) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(text)
      return socket
    },
    result,
    async arrived(bytes) {
      while (current === undefined || seen < bytes) await once(counted, 'bytes')
      return current
    },
    passTo(toMs) {
      nowMs = toMs
      sweep.run()
    },
  }
}

function post(headers: string, body = ''): string {
  return `POST / HTTP/1.1\r\nHost: test\r\n${headers}\r\n\r\n${body}`
}

function textOf(result: Result): string {
  return result instanceof Uint8Array ? Buffer.from(result).toString() : `${result.code} ${result.status}`
}

test('readBody gives a body that came in one piece', async t => {
  const bench = await listen(t)
  await bench.send(post('Content-Length: 5', 'hello'))
  assert.equal(textOf(await bench.result), 'hello')
})

test('readBody joins a body that came in pieces', async t => {
  const bench = await listen(t)
  const socket = await bench.send(post('Content-Length: 10', 'hello'))
  await bench.arrived(5)
  socket.write('world')
  assert.equal(textOf(await bench.result), 'helloworld')
})

test('readBody gives chunked bodies', async t => {
  const bench = await listen(t)
  await bench.send(post('Transfer-Encoding: chunked', '5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n'))
  assert.equal(textOf(await bench.result), 'helloworld')
})

test('readBody gives no bytes for a request without a body', async t => {
  const bench = await listen(t)
  await bench.send('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  assert.equal(textOf(await bench.result), '')
})

test('a body of exactly the limit is read', async t => {
  const bench = await listen(t, { maxBytes: 5 })
  await bench.send(post('Content-Length: 5', 'hello'))
  assert.equal(textOf(await bench.result), 'hello')
})

test('a body that says it is too large is refused before it comes', async t => {
  const bench = await listen(t, { maxBytes: 5 })
  await bench.send(post('Content-Length: 6'))
  assert.deepEqual(await bench.result, {
    code: 'too-large',
    status: 413,
    message: 'Cannot read the body: it is larger than 5 bytes',
  })
})

test('a chunked body is refused as soon as it is too large', async t => {
  const bench = await listen(t, { maxBytes: 5 })
  const socket = await bench.send(post('Transfer-Encoding: chunked', '6\r\nhello!\r\n'))
  assert.equal(textOf(await bench.result), 'too-large 413')
  socket.write('5\r\nworld\r\n0\r\n\r\n')
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200 OK\r\n/)
})

test('a client that leaves after a refusal disturbs nothing', async t => {
  const bench = await listen(t, { maxBytes: 5, answers: false })
  const socket = await bench.send(post('Content-Length: 6'))
  await bench.result
  const request = await bench.arrived(0)
  socket.destroy()
  // Not `once` of node:events: it would listen for the error that nobody else does.
  await new Promise(resolve => request.once('close', resolve))
})

for (const coding of ['gzip', 'br', 'identity, gzip'])
  test(`a body with content-encoding ${coding} is refused`, async t => {
    const bench = await listen(t)
    await bench.send(post(`Content-Length: 2\r\nContent-Encoding: ${coding}`, '{}'))
    assert.equal(textOf(await bench.result), 'bad-request 415')
  })

test('content-encoding identity is none', async t => {
  const bench = await listen(t)
  await bench.send(post('Content-Length: 2\r\nContent-Encoding: Identity', '{}'))
  assert.equal(textOf(await bench.result), '{}')
})

test('a transfer coding besides chunked is refused', async t => {
  const bench = await listen(t)
  await bench.send(post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'))
  assert.equal(textOf(await bench.result), 'bad-request 400')
})

test('a client that leaves in the body is cancelled', async t => {
  const bench = await listen(t)
  const socket = await bench.send(post('Content-Length: 10', 'hello'))
  await bench.arrived(5)
  socket.destroy()
  assert.equal(textOf(await bench.result), 'cancelled 499')
})

test('a body that does not come in time is a 408 that names the budget', async t => {
  const bench = await listen(t, { maxBytes: 1e6 })
  await bench.send(post('Content-Length: 100000', 'x'.repeat(50_000)))
  await bench.arrived(50_000)
  bench.passTo(30_000)
  bench.passTo(30_001)
  assert.deepEqual(await bench.result, {
    code: 'timeout',
    status: 408,
    message: 'Cannot read the body: it took more than 30000 ms (timeouts.clientBodyMs)',
  })
})

test('a body slower than 1 KiB a second is a 408 after 10 seconds, not before', async t => {
  const bench = await listen(t, { maxBytes: 1e6 })
  const socket = await bench.send(post('Content-Length: 100000', 'x'.repeat(5000)))
  await bench.arrived(5000)
  bench.passTo(10_000)
  socket.write('x'.repeat(6000))
  await bench.arrived(11_000)
  // 11,000 bytes are enough for 10.5 seconds, not for 11.
  bench.passTo(10_500)
  bench.passTo(11_000)
  assert.deepEqual(await bench.result, {
    code: 'timeout',
    status: 408,
    message: 'Cannot read the body: it came with less than 1024 bytes a second',
  })
})

test('a body in chunks of one byte takes no more memory than it has bytes', async t => {
  const bench = await listen(t, { maxBytes: 400_000 })
  const heapBefore = process.memoryUsage().heapUsed
  await bench.send(post('Transfer-Encoding: chunked', `${'1\r\nx\r\n'.repeat(400_000)}0\r\n\r\n`))
  assert.equal(textOf(await bench.result).length, 400_000)
  assert.ok(process.memoryUsage().heapUsed - heapBefore < 40e6)
})
