/** What our own client does beyond the others. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { Http1Client } from '../../src/node/index.ts'
import { fetchAll, Recorder } from './recorder.ts'
import { answerWith, CHUNKED, chunk, Upstream } from './upstream.ts'

test('Http1Client skips a 100 Continue that nobody asked for', async () => {
  await using upstream = await Upstream.start(socket =>
    socket.write(`HTTP/1.1 100 Continue\r\n\r\n${answerWith('ok')}`),
  )
  const client = new Http1Client()
  assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
  await client.close()
})

test('Http1Client gives a body in memory that is used again after the call, and keeps its own copy while paused', async () => {
  await using upstream = await Upstream.start(socket => socket.write(CHUNKED + chunk('first')))
  const client = new Http1Client()
  const borrowed: Uint8Array[] = []
  const recorder = new (class extends Recorder {
    override onData(bytes: Uint8Array): void {
      borrowed.push(bytes)
      super.onData(bytes)
    }
  })()
  const call = client.send({ method: 'GET', url: upstream.url, headers: [], body: undefined }, recorder)
  await recorder.until('data')
  recorder.onEvent = () => call.pause()
  const [socket] = upstream.sockets
  const next = async (text: string) => {
    socket?.write(chunk(text))
    while (!recorder.text.endsWith(text)) await new Promise(setImmediate)
  }
  await next('again')
  assert.equal(recorder.text, 'firstagain')
  assert.equal(borrowed[0]?.buffer, borrowed[1]?.buffer)
  call.abort()
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
