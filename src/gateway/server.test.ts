import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { type GatewaySetup, startTestGateway } from '../../test/gateway.ts'
import { RawClient } from '../../test/raw-client.ts'
import type { StreamReport } from '../observe/index.ts'
import { type Simulator, startSimulator } from '../simulator/index.ts'

const ASK = '{"model":"sim/length","messages":[]}'
const KEYS = ['first-key-of-a-client', 'second-key-of-a-client']

/** Opens a stream that stops in its middle. */
async function stall(port: number): Promise<RawClient> {
  const body = { model: 'sim/story', stream: true, messages: [] }
  const headers = { host: `127.0.0.1:${port}`, 'content-type': 'application/json', 'x-sim': 'fault=stall,at=middle' }
  const client = await RawClient.post(port, '/v1/messages', body, headers)
  return client.until(({ body }) => body.includes('content_block_delta'))
}

suite('the gateway', { concurrency: 8 }, () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
  })
  after(() => simulator.close())

  /** A gateway on the simulator, its port, and ways to ask it. */
  async function start(setup: GatewaySetup = {}) {
    const gateway = await startTestGateway(simulator.url, setup)
    const port = Number(new URL(gateway.url).port)
    const head = (line: string) => `${line} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`
    return {
      ...gateway,
      port,
      head,
      get: (path: string, key?: string) =>
        fetch(gateway.url + path, { headers: key === undefined ? {} : { 'x-api-key': key } }),
      chat: (key?: string, body = ASK) =>
        fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-api-key': key }) },
          body,
        }),
      [Symbol.asyncDispose]: () => gateway.close(),
    }
  }

  test('tells that it lives and that it is ready, to everybody', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    for (const [path, status] of [
      ['/health', 'ok'],
      ['/ready', 'ready'],
    ] as const) {
      const response = await gateway.get(path)
      assert.deepEqual([response.status, await response.json()], [200, { status }])
      assert.equal((await fetch(gateway.url + path, { method: 'HEAD' })).status, 200)
    }
  })

  test('is alive and not ready while it drains, and takes nothing new', async () => {
    const gateway = await start()
    const stalled = await stall(gateway.port)
    // The second request of each connection has begun when the gateway is told to stop.
    const asking = ['GET /health', 'GET /ready', 'GET /v1/models'].map(async line => {
      const client = await RawClient.send(gateway.port, `${gateway.head('GET /health')}\r\n${gateway.head(line)}`)
      await client.until(({ body }) => body === '{"status":"ok"}')
      client.received = ''
      return client
    })
    const clients = await Promise.all(asking)
    const closed = gateway.close()
    for (const client of clients) client.write('\r\n')
    await Promise.all(clients.map(client => client.until(({ body }) => body.endsWith('}'))))
    assert.deepEqual(
      clients.map(({ status, body }) => [status, JSON.parse(body).status]),
      [
        [200, 'ok'],
        [503, 'draining'],
        [503, undefined],
      ],
    )
    assert.match(clients[2]!.head, /retry-after: 1/)
    stalled.leave()
    await closed
  })

  test('lists the newest reports, as many as are asked for', async () => {
    await using gateway = await start()
    const ids: (string | null)[] = []
    for (const _ of [1, 2, 3]) {
      const response = await gateway.chat()
      await response.text()
      ids.unshift(response.headers.get('x-millrace-request-id'))
      await gateway.report(ids[0])
    }
    const listed = async (query: string) => {
      const { streams } = (await (await gateway.get(`/api/streams${query}`)).json()) as { streams: StreamReport[] }
      return streams.map(({ id }) => id)
    }
    assert.deepEqual(await listed(''), ids)
    assert.deepEqual(await listed('?limit=2'), ids.slice(0, 2))
    assert.deepEqual(await listed('?limit=1000'), ids)
    const report = await gateway.report(ids[1])
    assert.deepEqual([report.outcome, report.upstream.name, report.key], ['completed', 'upstream', null])
  })

  test('refuses to list so many as nobody can mean', async () => {
    await using gateway = await start()
    for (const limit of ['0', '-1', '1.5', 'ten', '', '1e9999']) {
      const response = await gateway.get(`/api/streams?limit=${limit}`)
      assert.equal(response.status, 400, limit)
      assert.match(await response.text(), /`limit` takes a whole number from 1/)
    }
  })

  test('shows a key its own reports and no others', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    const ids = await Promise.all(
      KEYS.map(async key => {
        const response = await gateway.chat(key)
        await response.text()
        return response.headers.get('x-millrace-request-id')
      }),
    )
    for (const [at, key] of KEYS.entries()) {
      const own = await eventually(async () => {
        const { streams } = (await (await gateway.get('/api/streams', key)).json()) as { streams: StreamReport[] }
        return streams.length > 0 ? streams : undefined
      })
      assert.deepEqual(
        own.map(({ id }) => id),
        [ids[at]],
      )
      assert.match(own[0]?.key ?? '', /^[0-9a-f]{8}$/)
      assert.equal((await gateway.get(`/api/streams/${ids[at]}`, key)).status, 200)
      assert.equal((await gateway.get(`/api/streams/${ids[1 - at]}`, key)).status, 404)
    }
    assert.equal((await gateway.get('/api/streams')).status, 401)
    assert.equal((await gateway.get('/api/streams', 'another-key')).status, 401)
  })

  test('answers a method that a path does not have with those it has', async () => {
    await using gateway = await start()
    for (const [method, path, allow] of [
      ['DELETE', '/health', 'GET, HEAD'],
      ['POST', '/api/streams/some', 'GET, HEAD'],
      ['GET', '/v1/messages', 'POST'],
    ] as const) {
      const response = await fetch(gateway.url + path, { method })
      assert.deepEqual([response.status, response.headers.get('allow')], [405, allow])
    }
  })

  test('answers more connections than are allowed with a 503, and asks nobody for them', async () => {
    await using gateway = await start({ limits: { connections: 1 } })
    const first = await RawClient.send(gateway.port, `${gateway.head('GET /health')}\r\n`)
    await first.until(({ status }) => status === 200)
    const body = ASK.replace('sim/length', 'sim/refused-connection')
    const json = `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    const second = await RawClient.send(gateway.port, gateway.head('POST /v1/chat/completions') + json)
    await second.closed()
    assert.equal(second.status, 503)
    assert.match(second.head, /retry-after: 1(\r|$)/m)
    assert.match(JSON.parse(second.body).error.message, /limits\.connections allows 1/)
    first.leave()
    const later = await eventually(async () => {
      const response = await gateway.get('/health').catch(() => undefined)
      return response?.ok ? response : undefined
    })
    assert.equal(later.status, 200)
    assert.ok(!simulator.requests().some(request => request.body.includes('refused-connection')))
  })

  test('answers more streams than are allowed with a 503 in the dialect, and goes on when one has ended', async () => {
    await using gateway = await start({ limits: { streams: 1 } })
    const first = await stall(gateway.port)
    const refused = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: ASK,
    })
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
    assert.equal(((await refused.json()) as { error: { type: string } }).error.type, 'overloaded_error')
    first.leave()
    await eventually(async () => ((await gateway.chat()).ok ? true : undefined))
  })

  for (const [name, line, fields, status] of [
    ['an upgrade to a WebSocket', 'GET /v1/responses', 'connection: Upgrade\r\nupgrade: WebSocket\r\n', 426],
    ['an upgrade with two Hosts', 'GET /v1/responses', 'host: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n', 400],
    ['a CONNECT', 'CONNECT 127.0.0.1:1', '', 405],
    ['something that is not HTTP', 'HELO mill', '', 400],
  ] as const) {
    test(`answers ${name} with ${status} and closes, though the client does not`, async () => {
      await using gateway = await start()
      const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
      let received = ''
      socket.setEncoding('latin1').on('data', text => (received += text))
      socket.on('error', () => {})
      socket.write(`${gateway.head(line)}${fields}\r\n`)
      await new Promise(resolve => socket.once('end', resolve))
      assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} .*\r\n\r\n\\{"error":`, 's'))
      // A connection that is gone fails who writes to it.
      await eventually(() => {
        socket.write('x')
        return socket.destroyed || undefined
      })
    })

    test(`survives a client that leaves in the middle of ${name}`, async () => {
      await using gateway = await start()
      for (let at = 0; at < 20; at++) {
        const socket = connect({ port: gateway.port, host: '127.0.0.1' })
        socket.on('error', () => {})
        socket.write(`${gateway.head(line)}${fields}\r\n`, () => socket.resetAndDestroy())
        await new Promise(resolve => socket.once('close', resolve))
      }
      assert.equal((await gateway.get('/health')).status, 200)
    })
  }

  test('takes an offer of h2c as the plain request that it is too', async () => {
    await using gateway = await start()
    const offer = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n'
    const client = await RawClient.send(gateway.port, gateway.head('GET /health') + offer)
    await client.until(({ status }) => status === 200)
    client.leave()
  })
})
