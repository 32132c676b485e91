import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { connect, createServer as createServer2, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { RawClient } from '../../test/raw-client.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { type ServerResponseLike, SocketOutlet } from './socket-outlet.ts'

const HEAD = { status: 200, headers: ['content-type', 'text/event-stream'] }
const [ONE, TWO] = [fromUtf8('data: 1\n\n'), fromUtf8('data: 2\n\n')]

/** The outlet of one response, and what it tells. */
class Bound {
  readonly outlet: SocketOutlet
  drained = 0
  closed = 0

  constructor(response: ServerResponseLike) {
    this.outlet = new SocketOutlet(response)
    this.outlet.bind({ onDrain: () => this.drained++, onClosed: () => this.closed++ })
  }
}

async function listen(server: Server, closeAll: () => void) {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    closeAll()
  }
  return { port, [Symbol.dispose]: close }
}

function serve(answer: (bound: Bound, response: ServerResponse, path: string) => void) {
  const listener: RequestListener = (request, response) => answer(new Bound(response), response, request.url as string)
  const server = createServer(listener)
  return listen(server, () => server.closeAllConnections())
}

function ask(path: string, { method = 'GET', version = '1.1' } = {}): string {
  return `${method} ${path} HTTP/${version}\r\nhost: a\r\n\r\n`
}

function answerTwo({ outlet }: Bound): void {
  outlet.open(HEAD)
  outlet.write(ONE)
  setImmediate(() => {
    outlet.write(TWO)
    outlet.end()
  })
}

test('a head that nothing goes with leaves alone', async () => {
  const opened = Promise.withResolvers<SocketOutlet>()
  using server = await serve(({ outlet }) => {
    outlet.open(HEAD)
    opened.resolve(outlet)
  })
  const client = await RawClient.send(server.port, ask('/'))
  await client.until(({ status }) => status === 200)
  const outlet = await opened.promise
  outlet.write(ONE)
  outlet.end()
  await client.answered()
  assert.deepEqual(client.chunks, ['data: 1\n\n'])
})

test('a head and what follows it in the same turn leave in one packet', async () => {
  using server = await serve(({ outlet }) => {
    outlet.open(HEAD)
    outlet.write(ONE)
  })
  const client = await RawClient.send(server.port, ask('/'))
  await client.until(({ received }) => received.includes('data: 1'))
  assert.equal(client.reads, 1)
})

test('headers leave in their order, spelling and repeats', async () => {
  using server = await serve(({ outlet }) => {
    outlet.open({ status: 200, headers: ['X-One', '1', 'set-cookie', 'a', 'x-one', '2', 'Set-Cookie', 'b'] })
    outlet.end()
  })
  const client = await (await RawClient.send(server.port, ask('/'))).answered()
  assert.match(client.head, /^HTTP\/1\.1 200 OK\r\nX-One: 1\r\nset-cookie: a\r\nx-one: 2\r\nSet-Cookie: b\r\n/)
})

test('one connection serves answer after answer, and nobody listens to it when they are over', async () => {
  const listeners: number[] = []
  using server = await serve((bound, response) => {
    listeners.push(response.socket?.listenerCount('drain') as number)
    answerTwo(bound)
  })
  const client = await RawClient.send(server.port, ask('/'))
  for (let answers = 1; answers <= 12; answers++) {
    await client.until(({ received }) => received.split('0\r\n\r\n').length > answers)
    if (answers < 12) client.write(ask('/'))
  }
  assert.equal(client.received.split('9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n').length, 13)
  assert.equal(new Set(listeners).size, 1)
})

test('requests that come together are answered in their order', async () => {
  using server = await serve((bound, _response, path) => {
    if (path === '/first') setTimeout(answerTwo, 20, bound)
    else answerTwo(bound)
  })
  const client = await RawClient.send(server.port, ask('/first') + ask('/second'))
  await client.until(({ received }) => received.split('0\r\n\r\n').length === 3)
  assert.equal(client.received.match(/data: [12]/g)?.join(), 'data: 1,data: 2,data: 1,data: 2')
})

test('a client of HTTP/1.0 gets the frames as they are, and the end of the connection', async () => {
  using server = await serve(answerTwo)
  const client = await (await RawClient.send(server.port, ask('/', { version: '1.0' }))).closed()
  assert.doesNotMatch(client.head, /transfer-encoding/i)
  assert.deepEqual([client.body, client.ending], ['data: 1\n\ndata: 2\n\n', 'end'])
})

test('HEAD is answered without a body', async () => {
  using server = await serve(answerTwo)
  const client = await RawClient.send(server.port, ask('/', { method: 'HEAD' }))
  await client.until(({ received }) => received.endsWith('\r\n\r\n'))
  client.write(ask('/'))
  await client.answered()
  assert.equal(client.received.split('data: 1').length, 2)
})

test('a body with its length goes out without chunks', async () => {
  using server = await serve(({ outlet }) => {
    outlet.open({ status: 201, headers: ['content-length', '18'] })
    outlet.write(ONE)
    outlet.write(TWO)
    outlet.end()
  })
  const client = await RawClient.send(server.port, ask('/'))
  await client.until(({ body }) => body === 'data: 1\n\ndata: 2\n\n')
  assert.match(client.head, /^HTTP\/1\.1 201 Created\r\ncontent-length: 18\r\n/)
})

test('what is patched into a response sees every byte', async () => {
  using server = await serve((bound, response) => {
    const parts: Uint8Array[] = []
    response.write = (chunk: Uint8Array) => parts.push(chunk) > 0
    response.end = () => {
      Reflect.deleteProperty(response, 'end')
      return response.end(gzipSync(Buffer.concat(parts)))
    }
    answerTwo(bound)
  })
  const response = await fetch(`http://127.0.0.1:${server.port}/`)
  const bytes = await response.bytes()
  assert.equal(toUtf8(bytes), toUtf8(gzipSync('data: 1\n\ndata: 2\n\n')))
})

test('a client that does not read is full, and drained when it does', async () => {
  const block = new Uint8Array(64 * 1024).fill(0x20)
  const full = Promise.withResolvers<Bound>()
  using server = await serve(bound => {
    bound.outlet.open(HEAD)
    let blocks = 0
    while (bound.outlet.write(block)) assert.ok(blocks++ < 1000)
    full.resolve(bound)
  })
  const client = await RawClient.send(server.port, ask('/'))
  client.pause()
  const bound = await full.promise
  client.resume()
  await client.until(() => bound.drained > 0)
  bound.outlet.end()
  await client.answered()
  assert.deepEqual([bound.drained, bound.closed], [1, 1])
})

test('a cut comes after what was written, without the end of the body', async () => {
  using server = await serve(({ outlet }) => {
    outlet.open(HEAD)
    outlet.write(ONE)
    outlet.destroy()
  })
  const client = await (await RawClient.send(server.port, ask('/'))).closed()
  assert.deepEqual([client.body, client.hasLastChunk], ['data: 1\n\n', false])
})

test('a client that does not read is cut at once when it is asked for twice', async () => {
  const gone = Promise.withResolvers<void>()
  using server = await serve(({ outlet }, response) => {
    response.on('close', gone.resolve)
    outlet.open(HEAD)
    while (outlet.write(new Uint8Array(64 * 1024)));
    outlet.destroy()
    outlet.destroy()
  })
  const client = await RawClient.send(server.port, ask('/'))
  client.pause()
  await gone.promise
})

test('what a patched response keeps is its own: the bytes it was given are used again', async () => {
  using server = await serve(({ outlet }, response) => {
    const write = response.write.bind(response)
    response.write = (chunk: unknown) => {
      setImmediate(() => write(chunk as Uint8Array))
      return true
    }
    outlet.open(HEAD)
    const borrowed = fromUtf8('data: 1\n\n')
    outlet.write(borrowed)
    borrowed.fill(0)
    setImmediate(() => setImmediate(() => outlet.end()))
  })
  const answer = await fetch(`http://127.0.0.1:${server.port}/`)
  assert.equal(await answer.text(), 'data: 1\n\n')
})

test('a client that leaves is told of once, also when it left before', async () => {
  const left = Promise.withResolvers<Bound>()
  using server = await serve((bound, response) => {
    bound.outlet.open(HEAD)
    response.on('close', () => {
      const late = new Bound(response)
      setImmediate(() => left.resolve(late))
      assert.equal(bound.closed, 1)
    })
  })
  const client = await RawClient.send(server.port, ask('/'))
  await client.until(({ status }) => status === 200)
  client.leave()
  assert.equal((await left.promise).closed, 1)
})

async function serve2(answer: (bound: Bound, response: Http2ServerResponse, path: string) => void) {
  const server = createServer2((request, response) => answer(new Bound(response), response, request.url))
  const listening = await listen(server, () => session.destroy())
  const session = connect(`http://127.0.0.1:${listening.port}`)
  return { ...listening, get }

  /** The answer's body, and the error code its stream was closed with. */
  async function get(path: string) {
    const stream = session.request({ ':path': path })
    let body = ''
    stream.setEncoding('utf8').on('data', text => (body += text))
    // An error is told by the code.
    await new Promise(resolve => stream.on('error', () => {}).on('close', resolve))
    return { body, code: stream.rstCode }
  }
}

test('over HTTP/2 the frames go out as they are', async () => {
  using server = await serve2(answerTwo)
  assert.deepEqual(await server.get('/'), { body: 'data: 1\n\ndata: 2\n\n', code: 0 })
})

test('over HTTP/2 a cut comes after what was written, however much, and harms no other stream', async () => {
  const other = Promise.withResolvers<Bound>()
  using server = await serve2((bound, _response, path) => {
    if (path === '/other') return other.resolve(bound)
    bound.outlet.open(HEAD)
    for (let at = 0; at < 50; at++) bound.outlet.write(new Uint8Array(10_000).fill(0x20))
    bound.outlet.write(ONE)
    bound.outlet.destroy()
  })
  const whole = server.get('/other')
  const cut = await server.get('/cut')
  assert.deepEqual([cut.body.length, cut.body.slice(-9), cut.code], [500_009, 'data: 1\n\n', 2])
  answerTwo(await other.promise)
  assert.deepEqual(await whole, { body: 'data: 1\n\ndata: 2\n\n', code: 0 })
})
