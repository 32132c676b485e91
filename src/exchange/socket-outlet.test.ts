import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { RawClient } from '../../test/raw-client.ts'
import { fromUtf8 } from '../bytes.ts'
import { SocketOutlet } from './socket-outlet.ts'

const HEAD = { status: 200, headers: ['content-type', 'text/event-stream'] }

async function serve(answer: (outlet: SocketOutlet) => void) {
  const server = createServer((_request, response: ServerResponse) => {
    const outlet = new SocketOutlet(response)
    outlet.bind({ onDrain() {}, onClosed() {} })
    answer(outlet)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = await RawClient.send((server.address() as AddressInfo).port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const close = () => {
    client.leave()
    server.close()
  }
  return { client, [Symbol.dispose]: close }
}

test('a head that nothing goes with leaves alone', async () => {
  let opened: SocketOutlet | undefined
  using served = await serve(outlet => {
    opened = outlet
    outlet.open(HEAD)
  })
  await served.client.until(({ status }) => status === 200)
  opened?.write(fromUtf8('data: 1\n\n'))
  opened?.end()
  await served.client.answered()
  assert.equal(served.client.body, 'data: 1\n\n')
})

test('a head and what follows it in the same turn leave in one packet', async () => {
  using served = await serve(outlet => {
    outlet.open(HEAD)
    outlet.write(fromUtf8('data: 1\n\n'))
  })
  await served.client.until(({ received }) => received.includes('data: 1'))
  assert.equal(served.client.reads, 1)
})

test('a cut comes after what was written, without the end of the body', async () => {
  using served = await serve(outlet => {
    outlet.open(HEAD)
    outlet.write(fromUtf8('data: 1\n\n'))
    outlet.destroy()
  })
  await served.client.closed()
  assert.equal(served.client.body, 'data: 1\n\n')
  assert.equal(served.client.hasLastChunk, false)
})
