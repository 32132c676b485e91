import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8 } from '../bytes.ts'
import { StreamingError } from '../errors.ts'
import { ResponseOutlet } from './response-outlet.ts'

const HEAD = { status: 200, headers: ['content-type', 'text/event-stream'] }
const KIB_32 = new Uint8Array(32 * 1024)

function begin() {
  const outlet = new ResponseOutlet()
  const told = { drained: 0, closed: 0 }
  outlet.bind({ onDrain: () => told.drained++, onClosed: () => told.closed++ })
  return { outlet, told }
}

async function opened(head = HEAD) {
  const { outlet, told } = begin()
  outlet.open(head)
  const response = await outlet.response
  return { outlet, told, response, reader: (response.body as ReadableStream<Uint8Array>).getReader() }
}

test('a response has the head that was decided, repeats of set-cookie apart', async () => {
  const headers = [
    'content-type',
    'text/event-stream',
    'set-cookie',
    'a',
    'X-One',
    '1',
    'x-one',
    '2',
    'Set-Cookie',
    'b',
  ]
  const { response, outlet } = await opened({ status: 201, headers })
  assert.equal(response.status, 201)
  assert.deepEqual(response.headers.getSetCookie(), ['a', 'b'])
  assert.equal(response.headers.get('x-one'), '1, 2')
  outlet.end()
})

for (const status of [204, 205, 304])
  test(`a response of ${status} has no body and is over when it ends`, async () => {
    const { outlet, told } = begin()
    outlet.open({ status, headers: [] })
    outlet.end()
    const response = await outlet.response
    assert.deepEqual([response.status, response.body, told.closed], [status, null, 1])
  })

test('a status that the web does not know is a 502', async () => {
  const { response } = await opened({ status: 799, headers: [] })
  assert.equal(response.status, 502)
})

test('a body comes piece by piece, each its own copy, and ends', async () => {
  const { outlet, told } = begin()
  outlet.open(HEAD)
  const lent = fromUtf8('data: 1\n\n')
  outlet.write(lent)
  lent.fill(0)
  outlet.write(fromUtf8('data: 2\n\n'))
  outlet.end()
  assert.equal(told.closed, 0)
  const response = await outlet.response
  assert.equal(await response.text(), 'data: 1\n\ndata: 2\n\n')
  assert.deepEqual(told, { drained: 0, closed: 1 })
})

test('nothing is taken from the queue before the reader asks, and it is full at 64 KiB', async () => {
  const { outlet, told, reader } = await opened()
  assert.equal(outlet.write(KIB_32), true)
  assert.equal(outlet.write(KIB_32), false)
  assert.equal(outlet.write(KIB_32), false)
  assert.equal(told.drained, 0)
  await reader.read()
  assert.equal(told.drained, 0)
  await reader.read()
  assert.equal(told.drained, 1)
})

test('what the reader waits for is not queued', async () => {
  const { outlet, reader } = await opened()
  const read = reader.read()
  assert.equal(outlet.write(new Uint8Array(100_000)), true)
  assert.equal((await read).value?.length, 100_000)
})

test('a cut comes after what was written, as an error with its code', async () => {
  const { outlet, told, reader } = await opened()
  outlet.write(fromUtf8('data: 1\n\n'))
  outlet.write(fromUtf8('event: error\n\n'))
  outlet.destroy()
  assert.equal((await reader.read()).value?.length, 9)
  assert.equal((await reader.read()).value?.length, 14)
  const cut = await reader.read().catch(error => error)
  assert.ok(cut instanceof StreamingError)
  assert.deepEqual([cut.code, told.closed], ['truncated', 1])
})

test('a cut that is asked for twice does not wait for the reader', async () => {
  const { outlet, told, reader } = await opened()
  outlet.write(fromUtf8('data: 1\n\n'))
  outlet.destroy()
  outlet.destroy()
  assert.equal(told.closed, 1)
  await assert.rejects(reader.read(), StreamingError)
})

test('cancelling the body is the client leaving, told once', async () => {
  const { outlet, told, reader } = await opened()
  outlet.write(fromUtf8('data: 1\n\n'))
  await reader.cancel('enough')
  assert.equal(told.closed, 1)
  assert.equal(outlet.write(KIB_32), true)
  outlet.end()
  outlet.destroy()
  assert.deepEqual(told, { drained: 0, closed: 1 })
})

test('aborting before the head rejects with the reason', async () => {
  const { outlet, told } = begin()
  outlet.abort(new Error('too late'))
  await assert.rejects(outlet.response, /too late/)
  assert.equal(told.closed, 1)
})

test('aborting after the head breaks the body with the reason', async () => {
  const { outlet, told, reader } = await opened()
  outlet.abort(new Error('too late'))
  await assert.rejects(reader.read(), /too late/)
  outlet.abort(new Error('again'))
  assert.equal(told.closed, 1)
})

test('who left before anybody listened is told of all the same', async () => {
  const outlet = new ResponseOutlet()
  outlet.abort(new Error('early'))
  await assert.rejects(outlet.response, /early/)
  const closed = Promise.withResolvers<void>()
  outlet.bind({ onDrain() {}, onClosed: closed.resolve })
  await closed.promise
})
