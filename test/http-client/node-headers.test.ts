/** The wire's own headers, limits of a head, and what one read brings in one piece. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { check, ok } from './node-world.ts'
import { fetchAll, send } from './recorder.ts'
import { answerWith, CHUNKED, chunk, headerLines, LAST_CHUNK } from './upstream.ts'

check('sends headers in their order and case, repeats on lines of their own', ok, async ({ client, upstream }) => {
  const headers = ['B', '1', 'anthropic-beta', 'x,  y', 'a', '2', 'Anthropic-Beta', 'z', 'B', '3']
  await fetchAll(client, upstream.url, { headers })
  assert.deepEqual(headerLines(upstream.requests[0]), [
    `host: ${upstream.url.host}`,
    'connection: keep-alive',
    'B: 1',
    'anthropic-beta: x,  y',
    'a: 2',
    'Anthropic-Beta: z',
    'B: 3',
    'content-length: 2',
  ])
})

check(
  'gives headers in their order and case, repeats apart, byte for byte',
  socket => socket.write(Buffer.from(answerWith('', 'X-B: 1', 'x-a:  caf\u00e9\t', 'X-B: 2', 'Empty:'), 'latin1')),
  async ({ client, upstream }) => {
    const { head } = await fetchAll(client, upstream.url)
    assert.deepEqual(head, {
      status: 200,
      headers: ['X-B', '1', 'x-a', 'caf\u00e9', 'X-B', '2', 'Empty', '', 'Content-Length', '0'],
    })
  },
)

const fields = (count: number): string[] => Array.from({ length: count }, (_, at) => `X-${at}: ${at}`)

check(
  'takes a head of 200 fields and refuses one of 201',
  (socket, request) => socket.write(answerWith('ok', ...fields(request.includes('/many') ? 200 : 199))),
  async ({ client, upstream }) => {
    assert.equal((await fetchAll(client, upstream.url)).head?.headers.length, 400)
    const closed = once(upstream.sockets[0] as NodeJS.EventEmitter, 'close')
    const { events, failure } = await fetchAll(client, new URL('/many', upstream.url))
    assert.deepEqual(events, ['error'])
    assert.equal(failure?.message, `Cannot read from ${upstream.url.host}: its head has more than 200 fields`)
    await closed
  },
)

check(
  'takes a head of 60 KiB and refuses one of more than 64',
  (socket, request) => socket.write(answerWith('ok', `X: ${'x'.repeat(request.includes('/big') ? 65536 : 60000)}`)),
  async ({ client, upstream }) => {
    assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
    const { events, failure } = await fetchAll(client, new URL('/big', upstream.url))
    assert.deepEqual(events, ['error'])
    assert.equal(failure?.message, `Cannot read from ${upstream.url.host}: its head is larger than 64 KiB`)
  },
)

check('tells a header that cannot be sent as a failure, not as an exception', ok, async ({ client, upstream }) => {
  const { events, failure } = await fetchAll(client, upstream.url, { headers: ['x', 'sk-secret\r\ny: z'] })
  assert.deepEqual(events, ['error'])
  assert.equal(failure?.message, `Cannot talk to ${upstream.url.host}: invalid x header`)
})

check(
  'gives twenty chunks of one write in one piece',
  socket => {
    const chunks = Array.from({ length: 20 }, (_, at) => chunk(`data: ${at}\n\n`))
    socket.write(Buffer.concat([Buffer.from(CHUNKED), ...chunks, Buffer.from(LAST_CHUNK)]))
  },
  async ({ client, upstream }) => {
    const { events, text } = await fetchAll(client, upstream.url)
    assert.deepEqual(events, ['head', 'data', 'end'])
    assert.equal(text, Array.from({ length: 20 }, (_, at) => `data: ${at}\n\n`).join(''))
  },
)

check('does not call its handler before send has returned', ok, async ({ client, upstream }) => {
  await client.close()
  const { recorder } = send(client, upstream.url)
  assert.deepEqual(recorder.events, [])
  assert.equal((await recorder.over()).failure?.code, 'cancelled')
})
