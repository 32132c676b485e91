/** How every client takes off a content coding. */
import assert from 'node:assert/strict'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { fetchAll } from './recorder.ts'
import type { Check } from './suite.ts'
import { answerWith, Upstream } from './upstream.ts'

export function checkCodings(check: Check): void {
  const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }
  for (const [coding, encode] of Object.entries(codings))
    check(`takes ${coding} off a body that comes coded all the same`, async client => {
      const body = encode('data: hello\n\n')
      await using upstream = await Upstream.start(socket => {
        socket.write(`HTTP/1.1 200 OK\r\nA: 1\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`)
        socket.write(body)
      })
      const { head, text, events } = await fetchAll(client, upstream.url)
      assert.equal(text, 'data: hello\n\n')
      assert.equal(head?.decoded, coding)
      assert.deepEqual(
        head?.headers.map(field => field.toLowerCase()),
        ['a', '1'],
      )
      assert.equal(events.at(-1), 'end')
    })

  for (const codings of ['gzip, br', 'compress'])
    check(`tells a body in ${codings} as a failure`, async client => {
      await using upstream = await Upstream.start(socket =>
        socket.write(answerWith('x', `Content-Encoding: ${codings}`)),
      )
      const { events, failure } = await fetchAll(client, upstream.url)
      assert.deepEqual(events, ['error'])
      assert.equal(failure?.message, `Cannot decode the answer: its content coding is "${codings}"`)
    })

  check('tells a damaged coded body as a failure', async client => {
    await using upstream = await Upstream.start(socket =>
      socket.write(answerWith('nonsense', 'Content-Encoding: gzip')),
    )
    const { events, failure } = await fetchAll(client, upstream.url)
    assert.deepEqual([events, failure?.code], [['head', 'error'], 'upstream'])
  })

  check('takes a coding without any body for an empty body', async client => {
    await using upstream = await Upstream.start(socket => socket.write(answerWith('', 'Content-Encoding: gzip')))
    assert.deepEqual((await fetchAll(client, upstream.url)).events, ['head', 'end'])
  })
}
