/** Proxies: by the environment or by name, forwarding plain requests and tunnelling TLS. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { NodeClient, type NodeClientOptions } from '../../src/node/index.ts'
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts'
import { fetchAll } from './recorder.ts'
import { type Answer, answerWith, headerLines, Upstream } from './upstream.ts'

const VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']
const before = VARIABLES.map(name => process.env[name])

beforeEach(() => {
  for (const name of VARIABLES) delete process.env[name]
})
afterEach(() => {
  for (const [at, name] of VARIABLES.entries())
    if (before[at] === undefined) delete process.env[name]
    else process.env[name] = before[at]
})

const ok: Answer = socket => socket.write(answerWith('straight'))
const forwards: Answer = socket => socket.write(answerWith('by proxy'))

/** A proxy that leads every tunnel to one port of this machine. */
function tunnelsTo(port: string): Answer {
  return socket => {
    const upstream = connect(Number(port), '127.0.0.1')
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    socket.pipe(upstream).pipe(socket)
    upstream.on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
  }
}

test('a plain request goes through the proxy of the environment, headers and repeats kept', async () => {
  await using proxy = await Upstream.start(forwards)
  process.env.HTTP_PROXY = proxy.url.href
  const headers = ['B', '1', 'a', '2', 'B', '3', 'authorization', 'Bearer k']
  const answer = await ask('http://api.example.com/v1?x=y', { headers })
  assert.equal(answer.text, 'by proxy')
  assert.equal(proxy.requests[0]?.split('\r\n')[0], 'POST http://api.example.com/v1?x=y HTTP/1.1')
  assert.deepEqual(
    headerLines(proxy.requests[0]).filter(line => !/^(connection|content-length)/.test(line)),
    ['host: api.example.com', 'B: 1', 'B: 3', 'a: 2', 'authorization: Bearer k'],
  )
})

test('a request over TLS goes through a tunnel of the proxy, and sees the upstream alone', async () => {
  const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY })
  await using upstream = await Upstream.start(ok, { server, protocol: 'https' })
  await using proxy = await Upstream.start(tunnelsTo(upstream.url.port))
  process.env.HTTPS_PROXY = proxy.url.href.replace('//', '//user:pass@')
  const headers = ['B', '1', 'a', '2', 'B', '3']
  const answer = await ask('https://upstream.test/v1', { headers }, { ca: CERTIFICATE })
  assert.equal(answer.text, 'straight')
  assert.equal(proxy.requests[0]?.split('\r\n')[0], 'CONNECT upstream.test:443 HTTP/1.1')
  assert.ok(headerLines(proxy.requests[0]).includes('proxy-authorization: Basic dXNlcjpwYXNz'))
  assert.deepEqual(
    headerLines(upstream.requests[0]).filter(line => !/^(connection|content-length)/.test(line)),
    ['host: upstream.test', 'B: 1', 'B: 3', 'a: 2'],
  )
})

test('loopback upstreams are never asked through a proxy', async () => {
  await using upstream = await Upstream.start(ok)
  await using proxy = await Upstream.start(forwards)
  process.env.HTTP_PROXY = proxy.url.href
  for (const host of ['127.0.0.1', 'localhost']) {
    const answer = await ask(`http://${host}:${upstream.url.port}/`)
    assert.equal(answer.text, 'straight')
  }
  assert.equal(proxy.sockets.length, 0)
})

test('names of NO_PROXY are asked directly', async () => {
  await using upstream = await Upstream.start(ok)
  await using proxy = await Upstream.start(forwards)
  process.env.HTTP_PROXY = proxy.url.href
  process.env.NO_PROXY = '.internal'
  const options: NodeClientOptions = {
    allowPrivate: true,
    lookup: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  }
  const headers = ['B', '1', 'a', '2', 'B', '3']
  const answer = await ask(`http://ollama.internal:${upstream.url.port}/`, { headers }, options)
  assert.equal(answer.text, 'straight')
  assert.deepEqual(headerLines(upstream.requests[0]).slice(2, 5), ['B: 1', 'a: 2', 'B: 3'])
  assert.equal(proxy.sockets.length, 0)
})

test('a proxy given by name goes before the environment, and `direct` takes none', async () => {
  await using proxy = await Upstream.start(forwards)
  process.env.HTTP_PROXY = 'http://127.0.0.1:1/'
  process.env.NO_PROXY = '*'
  assert.equal((await ask('http://api.example.com/', {}, { proxy: proxy.url })).text, 'by proxy')
  const lookup: NodeClientOptions['lookup'] = (_host, _options, callback) =>
    callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), [])
  delete process.env.NO_PROXY
  const { failure } = await ask('http://api.example.com/', {}, { proxy: 'direct', lookup })
  assert.equal(failure?.transport, 'ENOTFOUND')
})

const refusals: readonly (readonly [status: string, url: string, state: string])[] = [
  ['407 Proxy Authentication Required', 'http://api.example.com/', '80: Proxy Authentication Required (407)'],
  ['403 Forbidden', 'https://api.example.com/', '443: Proxy response (403) !== 200 when HTTP Tunneling'],
]

for (const [status, url, state] of refusals)
  test(`a proxy that answers ${status} to ${url} is a failure`, async () => {
    await using proxy = await Upstream.start(socket =>
      socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`),
    )
    const { events, failure } = await ask(url, {}, { proxy: proxy.url })
    assert.deepEqual([events, failure?.code, failure?.status], [['error'], 'upstream', 502])
    assert.equal(failure?.message, `Cannot talk to api.example.com:${state}`)
  })

test('a proxy that refuses connections is a failure', { timeout: 5000 }, async () => {
  const proxy = await Upstream.start(ok)
  await proxy[Symbol.asyncDispose]()
  for (const url of ['http://api.example.com/', 'https://api.example.com/']) {
    const { events, failure } = await ask(url, {}, { proxy: proxy.url })
    assert.deepEqual([events, failure?.code, failure?.transport], [['error'], 'upstream', 'ECONNREFUSED'])
  }
})

async function ask(url: string, request: Parameters<typeof fetchAll>[2] = {}, options: NodeClientOptions = {}) {
  const client = new NodeClient(options)
  const answer = await fetchAll(client, url, request)
  await client.close()
  return answer
}
