import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createServer2 } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { relay } from '../../test/deferred.ts'
import { RawClient } from '../../test/raw-client.ts'
import type { ServerResponseLike } from '../exchange/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { type Simulator, startSimulator } from '../simulator/index.ts'
import { DeferredStreaming, type DeferredStreamingOptions } from './deferred-streaming.ts'

const STREAM = /^data: \{.*"delta":.*data: \[DONE\]\n\n$/s

suite('sendTo', () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
  })
  after(() => simulator.close())

  /** A chat request to the simulator, over the client that all share. */
  function send(response: ServerResponseLike, settings: string, more: Partial<DeferredStreamingOptions> = {}) {
    const deferred = new DeferredStreaming({
      method: 'POST',
      url: `${simulator.url}/v1/chat/completions`,
      headers: { 'content-type': 'application/json', 'x-sim': settings },
      body: '{"model":"sim/story","stream":true,"messages":[]}',
      handlerConfig: { formatContext: relay('chat') },
      ...more,
    })
    return deferred.sendTo(response)
  }

  /** A server whose every request is answered so; the report of the last one. */
  async function serve(answer: (response: ServerResponse, request: IncomingMessage) => Promise<StreamReport>) {
    const reports: Promise<StreamReport>[] = []
    const server = createServer((request, response) => void reports.push(answer(response, request)))
    const port = await listen(server)
    const close = () => {
      server.close()
      server.closeAllConnections()
    }
    return { port, report: () => reports.at(-1) as Promise<StreamReport>, [Symbol.dispose]: close }
  }

  test('a client of HTTP/1.1 gets the stream in chunks, and the next one on the same connection', async () => {
    using server = await serve(response => send(response, ''))
    const client = await (await RawClient.send(server.port, ask())).answered()
    assert.equal(client.status, 200)
    assert.match(client.body, STREAM)
    const { outcome, finish, bytesOut } = await server.report()
    assert.deepEqual([outcome, finish?.reason, bytesOut], ['completed', 'stop', client.bodyBytes.length])
    const { length } = client.received
    client.write(ask())
    await client.until(({ received }) => received.length > length && received.endsWith('0\r\n\r\n'))
    assert.equal((await server.report()).outcome, 'completed')
  })

  test('a client of HTTP/1.0 gets the stream up to the end of the connection', async () => {
    using server = await serve(response => send(response, ''))
    const client = await (await RawClient.send(server.port, ask({ version: '1.0' }))).closed()
    assert.match(client.body, STREAM)
    assert.equal((await server.report()).outcome, 'completed')
  })

  test('HEAD gets the head, and the exchange completes', async () => {
    using server = await serve(response => send(response, ''))
    const client = await RawClient.send(server.port, ask({ method: 'HEAD' }))
    await client.until(({ status }) => status === 200)
    assert.equal((await server.report()).outcome, 'completed')
    assert.equal(client.received, `${client.head}\r\n\r\n`)
  })

  test('a response that is patched to compress sees every byte', async () => {
    using server = await serve(response => {
      const parts: Uint8Array[] = []
      response.write = (chunk: Uint8Array) => parts.push(Uint8Array.from(chunk)) > 0
      response.end = () => {
        Reflect.deleteProperty(response, 'end')
        return response.end(gzipSync(Buffer.concat(parts)))
      }
      return send(response, '')
    })
    const client = await (await RawClient.send(server.port, ask())).answered()
    assert.match(gunzipSync(client.bodyBytes).toString(), STREAM)
  })

  test('a client of HTTP/2 gets the stream, and a cut with an error before it', async () => {
    const reports: Promise<StreamReport>[] = []
    const server = createServer2((request, response) => {
      reports.push(send(response, request.url === '/' ? '' : 'fault=reset,at=middle'))
    })
    const session = connect(`http://127.0.0.1:${await listen(server)}`)
    try {
      const [whole, cut] = await Promise.all(
        ['/', '/cut'].map(async path => {
          const stream = session.request({ ':path': path })
          let body = ''
          stream.setEncoding('utf8').on('data', text => (body += text))
          await new Promise(resolve => stream.on('error', () => {}).on('close', resolve))
          return { body, code: stream.rstCode }
        }),
      )
      assert.match(whole!.body, STREAM)
      assert.equal(whole!.code, 0)
      assert.match(cut!.body, /"delta":.*data: \{"error":\{[^\n]*\n\n$/s)
      assert.equal(cut!.code, 2)
      const outcomes = (await Promise.all(reports)).map(({ outcome }) => outcome)
      assert.deepEqual(outcomes, ['completed', 'failed'])
    } finally {
      session.destroy()
      server.close()
    }
  })

  test('header names keep their spelling where that is asked for, and are lower case else', async () => {
    const upstream = await startUpstream(['X-Odd-Name', '1', 'x-ODD-name', '2'])
    for (const [preserveHeaderCase, lines] of [
      [true, 'X-Odd-Name: 1\r\nx-ODD-name: 2'],
      [false, 'x-odd-name: 1\r\nx-odd-name: 2'],
    ] as const) {
      const handlerConfig = { formatContext: relay('chat'), preserveHeaderCase }
      using server = await serve(response => send(response, '', { url: upstream.url, handlerConfig }))
      const client = await (await RawClient.send(server.port, ask())).answered()
      assert.ok(client.head.includes(lines), client.head)
    }
    upstream.close()
  })

  test('a client that leaves aborts the upstream', async () => {
    using server = await serve(response => send(response, 'fault=stall,at=middle'))
    const client = await RawClient.send(server.port, ask())
    await client.until(({ body }) => body.includes('"delta"'))
    client.leave()
    assert.equal((await server.report()).outcome, 'cancelled')
  })

  test('an upstream that cannot be reached is a 502 in the form of the client', async () => {
    using server = await serve(response => send(response, '', { url: 'http://127.0.0.1:1/v1/chat/completions' }))
    const response = await fetch(`http://127.0.0.1:${server.port}/`)
    assert.equal(response.status, 502)
    assert.match(((await response.json()) as { error: { message: string } }).error.message, /127\.0\.0\.1:1/)
    const { outcome, status } = await server.report()
    assert.deepEqual([outcome, status], ['failed', 502])
  })

  test('a client of its own is closed when the stream has ended, and the shared one never', async () => {
    for (const [more, isClosed] of [
      [{ clientConfig: {} }, true],
      [{ closeClientOnFinish: true }, false],
    ] as const) {
      const upstream = await startUpstream([])
      using server = await serve(response => send(response, '', { url: upstream.url, ...more }))
      await (await fetch(`http://127.0.0.1:${server.port}/`)).text()
      await server.report()
      if (isClosed) await once(upstream.sockets[0]!, 'close', { signal: AbortSignal.timeout(1000) })
      else {
        // A connection rests a little before it is used again.
        await sleep(20)
        await (await fetch(`http://127.0.0.1:${server.port}/`)).text()
      }
      assert.equal(upstream.sockets.length, 1)
      upstream.close()
    }
  })
})

function ask({ method = 'GET', version = '1.1' } = {}): string {
  return `${method} / HTTP/${version}\r\nhost: a\r\n\r\n`
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** An upstream with these headers, and the sockets that came to it. */
async function startUpstream(headers: readonly string[]) {
  const sockets: Socket[] = []
  const server = createServer((_request, response) => {
    response.writeHead(200, [...headers, 'content-type', 'text/event-stream'])
    response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
  }).on('connection', socket => sockets.push(socket))
  const port = await listen(server)
  return { sockets, url: `http://127.0.0.1:${port}/`, close: () => server.close().closeAllConnections() }
}
