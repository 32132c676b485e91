import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../../../test/eventually.ts'
import { RawClient } from '../../../test/raw-client.ts'
import { Watcher } from './watcher.ts'

const PIECE = `data: ${'x'.repeat(128 * 1024)}\n\n`

/** A watcher over a real socket, and the client at its other end. */
async function watched() {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>()
  const server = createServer((_request, response) => resolve(response))
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const client = await RawClient.send((server.address() as AddressInfo).port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const response = await promise
  let isGone = false
  const watcher = new Watcher(response, 0, () => {
    isGone = true
  })
  return {
    client,
    response,
    watcher,
    gone: () => eventually(() => isGone || undefined),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
}

/** Writes until the system takes no more. */
async function fill({ response, watcher, client }: Awaited<ReturnType<typeof watched>>): Promise<void> {
  client.pause()
  for (;;) {
    watcher.send(PIECE, 0)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    if (response.writableLength > 1024 * 1024) return
  }
}

test('a tab gets an event stream that nobody keeps', async () => {
  await using house = await watched()
  house.watcher.send('data: one\n\n', 0)
  await house.client.until(({ body }) => body.includes('data: one'))
  assert.match(house.client.head, /^content-type: text\/event-stream\r?$/m)
  assert.match(house.client.head, /^cache-control: no-store\r?$/m)
})

test('a tab that has nothing to read hears from us every 15 seconds', async () => {
  await using house = await watched()
  house.watcher.check(14_999)
  house.watcher.check(15_000)
  house.watcher.check(15_001)
  await house.client.until(({ body }) => body === ': ping\n\n')
})

test('a tab that leaves more than 2 MiB unread is dropped', async () => {
  await using house = await watched()
  await fill(house)
  for (let n = 0; n < 16; n++) house.watcher.send(PIECE, 0)
  house.watcher.check(1)
  await house.gone()
})

test('a tab that reads nothing for 30 seconds is dropped, one that reads in time is not', async () => {
  await using house = await watched()
  await fill(house)
  house.watcher.check(1000)
  house.watcher.check(30_999)
  assert.equal(house.response.destroyed, false)
  house.client.resume()
  await eventually(() => house.response.writableLength === 0 || undefined)
  house.watcher.check(31_000)
  assert.equal(house.response.destroyed, false)
  await fill(house)
  house.watcher.check(40_000)
  house.watcher.check(70_000)
  await house.gone()
})
