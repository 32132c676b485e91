/** What is dialled, how long, and whom we trust. */
import assert from 'node:assert/strict'
import { createServer as createTlsServer } from 'node:tls'
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts'
import { check, checkClients, ok } from './node-world.ts'
import { fetchAll } from './recorder.ts'
import { type Answer, answerWith, headerLines, Upstream } from './upstream.ts'

checkClients('gives up on a connection that is not made in time', async createClient => {
  await using upstream = await Upstream.start(() => {})
  const client = createClient({ connectMs: 50 })
  // A listener that never says a word of TLS.
  const { events, failure } = await fetchAll(client, `https://${upstream.url.host}/`)
  assert.deepEqual(events, ['error'])
  assert.deepEqual([failure?.code, failure?.status, failure?.transport], ['timeout', 504, 'UND_ERR_CONNECT_TIMEOUT'])
})

checkClients('tells a name that does not resolve as a failure', async createClient => {
  const client = createClient({
    lookup: (_host, _options, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
  })
  const { failure } = await fetchAll(client, 'http://api.example.com/')
  assert.equal(failure?.message, 'Cannot connect to api.example.com:80: no such host; check the name in its base URL')
})

check('dials the very address that was checked', ok, async ({ upstream, createClient }) => {
  let asked = 0
  const client = createClient({
    allowPrivate: true,
    lookup: (_host, _options, callback) => {
      asked++
      callback(null, [{ address: '127.0.0.1', family: 4 }])
    },
  })
  assert.equal((await fetchAll(client, `http://ollama.internal:${upstream.url.port}/`)).text, 'ok')
  assert.equal(asked, 1)
  assert.equal(headerLines(upstream.requests[0])[0], `host: ollama.internal:${upstream.url.port}`)
})

check('does not dial a public name that leads to this machine', ok, async ({ upstream, createClient }) => {
  const client = createClient({
    lookup: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  const { failure } = await fetchAll(client, `http://rebound.example.com:${upstream.url.port}/`)
  assert.match(failure?.message ?? '', /^Cannot dial rebound.example.com: it leads to 127.0.0.1, which is loopback/)
  assert.equal(upstream.sockets.length, 0)
})

checkClients('dials no metadata address, named or not', async createClient => {
  const client = createClient({ allowPrivate: true })
  for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '2852039166']) {
    const { events, failure } = await fetchAll(client, `http://${host}/latest`)
    assert.deepEqual(events, ['error'])
    assert.match(failure?.message ?? '', /is link-local, metadata or reserved$/)
  }
})

checkClients('trusts an upstream by `ca`, and not without', async createClient => {
  const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY, ALPNProtocols: ['h2', 'http/1.1'] })
  await using upstream = await Upstream.start(ok, { server, protocol: 'https' })
  const [trusting, doubting] = [createClient({ ca: CERTIFICATE }), createClient()]
  assert.equal((await fetchAll(trusting, upstream.url)).text, 'ok')
  assert.equal((await fetchAll(trusting, upstream.url)).text, 'ok')
  assert.equal(upstream.sockets.length, 1)
  const { failure } = await fetchAll(doubting, upstream.url)
  assert.deepEqual([failure?.code, failure?.transport], ['upstream', 'DEPTH_ZERO_SELF_SIGNED_CERT'])
})

checkClients('retries a stale pooled connection over TLS too, and no fresh one', async createClient => {
  const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY })
  let isFirst = true
  const answer: Answer = socket => {
    if (isFirst) socket.write(answerWith('ok'))
    else socket.end()
    isFirst = false
  }
  await using upstream = await Upstream.start(answer, { server, protocol: 'https' })
  const client = createClient({ ca: CERTIFICATE })
  await fetchAll(client, upstream.url)
  const { events } = await fetchAll(client, upstream.url)
  assert.deepEqual([events, upstream.requests.length, upstream.sockets.length], [['error'], 3, 2])
})
