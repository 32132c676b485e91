/** Coded bodies: as they come, within limits, with backpressure. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { constants, createGzip, gzipSync, zstdCompressSync } from 'node:zlib'
import { check, checkClients } from './node-world.ts'
import { send } from './recorder.ts'
import { chunk, LAST_CHUNK, Upstream } from './upstream.ts'

checkClients('decodes a coded stream as it comes', async createClient => {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
  await using upstream = await Upstream.start(socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n')
    gzip.on('data', (bytes: Buffer) => socket.write(chunk(bytes)))
    gzip.on('end', () => socket.write(LAST_CHUNK))
  })
  const client = createClient()
  const { recorder } = send(client, upstream.url)
  let expected = ''
  for (const event of ['data: 0\n\n', 'data: 1\n\n', 'data: 2\n\n']) {
    gzip.write(event)
    expected += event
    while (recorder.text !== expected) await sleep(1)
  }
  gzip.end()
  await recorder.over()
  assert.equal(recorder.events.at(-1), 'end')
})

for (const [coding, encode] of Object.entries({ gzip: gzipSync, zstd: zstdCompressSync }))
  check(
    `refuses a ${coding} body that grows without measure, and hangs up`,
    socket => {
      const bomb = encode(Buffer.alloc(64 * 1024 * 1024))
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\n\r\n`)
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
    socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n')
    socket.end(body)
  },
  async ({ client, upstream }) => {
    const { recorder } = send(client, upstream.url)
    await recorder.over()
    assert.deepEqual([recorder.events.at(-1), recorder.text.length], ['end', 1024 * 1024])
  },
)

check(
  'tells a coded body that is cut as a failure, after what came before',
  socket =>
    socket.end(
      Buffer.concat([
        Buffer.from('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n'),
        gzipSync('data: hello\n\n').subarray(0, -8),
      ]),
    ),
  async ({ client, upstream }) => {
    const { recorder } = send(client, upstream.url)
    await recorder.over()
    assert.equal(recorder.events.at(-1), 'error')
    assert.equal(recorder.failure?.message, 'Cannot decode the answer: its gzip body is damaged')
  },
)

check(
  'stops decoding while paused, and loses nothing',
  socket => {
    const body = gzipSync(Buffer.from(Array.from({ length: 400_000 }, (_, at) => `${at}\n`).join('')))
    socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n')
    socket.end(body)
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
