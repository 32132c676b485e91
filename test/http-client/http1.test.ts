/** What our own client does beyond the others. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { Http1Client } from '../../src/node/index.ts'
import { fetchAll, send } from './recorder.ts'
import { answerWith, CHUNKED, chunk, Upstream } from './upstream.ts'

test('Http1Client skips a 100 Continue that nobody asked for', async () => {
  await using upstream = await Upstream.start(socket =>
    socket.write(`HTTP/1.1 100 Continue\r\n\r\n${answerWith('ok')}`),
  )
  const client = new Http1Client()
  assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
  await client.close()
})

test('Http1Client keeps what comes while its handler has paused, for the memory is used again', async () => {
  await using upstream = await Upstream.start(socket => socket.write(CHUNKED + chunk('first ')))
  const client = new Http1Client()
  const held = send(client, upstream.url)
  held.recorder.onEvent = event => event === 'head' && held.call.pause()
  await held.recorder.until('head')
  const other = send(client, upstream.url)
  await other.recorder.until('data')
  for (const text of ['XXXXXXXXX', 'YYYYYYYYY']) {
    upstream.sockets[1]?.write(chunk(text))
    while (!other.recorder.text.endsWith(text)) await new Promise(setImmediate)
  }
  held.call.resume()
  await held.recorder.until('data')
  assert.equal(held.recorder.text, 'first ')
  for (const { call } of [held, other]) call.abort()
  await client.close()
})

test('Http1Client does not wait for an upstream that has said its last word to take the rest of a request', async () => {
  await using upstream = await Upstream.start(() => {})
  const client = new Http1Client()
  upstream.answersEarly(socket => socket.pause().end())
  const { events, failure } = await fetchAll(client, upstream.url, { body: Buffer.alloc(32 * 1024 * 1024) })
  assert.deepEqual([events, failure?.code], [['error'], 'upstream'])
  await client.close()
})

test('Http1Client leads no answer that nobody asked for to the next request', async () => {
  await using upstream = await Upstream.start((socket, request) => {
    const own = answerWith(request.split(' ')[1] ?? '')
    socket.write(own)
    if (request.includes('/1')) setTimeout(() => socket.write(answerWith('injected')), 1)
  })
  const client = new Http1Client()
  for (const path of ['/1', '/2', '/1', '/3']) {
    const { recorder } = send(client, new URL(path, upstream.url))
    await recorder.over()
    assert.deepEqual([recorder.events, recorder.text], [['head', 'data', 'end'], path])
  }
  await client.close()
})

test('Http1Client uses the connection that has rested longest', async () => {
  await using upstream = await Upstream.start((socket, request) =>
    setTimeout(() => socket.write(answerWith('ok')), request.includes('/slow') ? 40 : 0),
  )
  const client = new Http1Client()
  const slow = send(client, new URL('/slow', upstream.url))
  await fetchAll(client, new URL('/quick', upstream.url))
  await slow.recorder.over()
  const [first] = upstream.sockets.filter(socket => socket.bytesRead > 0)
  const before = upstream.sockets.map(({ bytesRead }) => bytesRead)
  await fetchAll(client, upstream.url)
  const used = upstream.sockets.findIndex(({ bytesRead }, at) => bytesRead > (before[at] ?? 0))
  assert.equal(upstream.requests[1]?.split(' ')[1], '/quick')
  assert.ok(first !== undefined && used !== -1)
  assert.equal(upstream.sockets.length, 2)
  await client.close()
})

test('Http1Client takes an answer that comes before the request is out, and leaves its connection', async () => {
  await using upstream = await Upstream.start(socket => socket.write(answerWith('ok')))
  const client = new Http1Client()
  upstream.answersEarly(socket => socket.pause().write(answerWith('too large')))
  const early = await fetchAll(client, upstream.url, { body: Buffer.alloc(32 * 1024 * 1024) })
  assert.equal(early.text, 'too large')
  upstream.answersEarly(undefined)
  assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
  assert.equal(upstream.sockets.length, 2)
  await client.close()
})

for (const answer of [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok',
  'HTTP/1.1 101 Upgrade\r\n\r\n',
])
  test(`Http1Client refuses ${JSON.stringify(answer)} and hangs up`, async () => {
    await using upstream = await Upstream.start(socket => socket.write(answer))
    const client = new Http1Client()
    const { events, failure } = await fetchAll(client, upstream.url)
    assert.deepEqual(events, ['error'])
    assert.equal(failure?.message, `Cannot read from ${upstream.url.host}: its answer is not HTTP/1.1`)
    const [socket] = upstream.sockets
    if (socket?.destroyed === false) await once(socket, 'close')
    await client.close()
  })

test('an idle connection does not keep a process alive, and a call in flight does', { timeout: 20_000 }, async () => {
  await using upstream = await Upstream.start(socket => setTimeout(() => socket.write(answerWith('ok')), 300))
  const program = `
    import { sharedClient } from ${JSON.stringify(new URL('../../src/node/index.ts', import.meta.url).href)}
    const onData = bytes => process.stdout.write(bytes)
    const handler = { onHead() {}, onData, onEnd() {}, onError: failure => console.log(failure.message) }
    sharedClient().send({ method: 'GET', url: new URL(${JSON.stringify(upstream.url.href)}), headers: [], body: undefined }, handler)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', text => (output += text))
  const [code] = await once(child, 'exit')
  assert.deepEqual([code, output], [0, 'ok'])
})
