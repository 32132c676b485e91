import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import type { buildConnector } from 'undici'
import { Sweep } from '../../http/index.ts'
import type { Connection } from './connection.ts'
import { ConnectionPool, type Waiting } from './connection-pool.ts'

const OPTIONS = { keepAliveMs: 1000, connections: 1 }

/** Somebody who wants a connection, and tells whether one came. */
class Asker implements Waiting {
  readonly #served = Promise.withResolvers<Connection | Error>()
  readonly served = this.#served.promise

  use(connection: Connection): void {
    this.#served.resolve(connection)
  }

  fail(error: Error): void {
    this.#served.resolve(error)
  }
}

test('a pool says when it is empty: its last connection is closed, and nobody waits', async () => {
  const sockets: Socket[] = []
  const server = createServer(socket => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dial: buildConnector.connector = (_options, callback) => {
    const socket = connect(port, '127.0.0.1', () => callback(null, socket))
  }
  let emptied = 0
  const pool = new ConnectionPool(new URL('http://up.test/'), dial, new Sweep(), OPTIONS, () => emptied++)
  const [first, second] = [new Asker(), new Asker()]
  for (const asker of [first, second]) pool.ask(asker)
  ;((await first.served) as Connection).destroy()
  const connection = (await second.served) as Connection
  assert.equal(emptied, 0)
  connection.destroy()
  while (emptied === 0) await new Promise(setImmediate)
  assert.equal(emptied, 1)
  server.close()
  for (const socket of sockets) socket.destroy()
})

test('whoever waits for a refused connection is told in turn, and an attempt is made for each', async () => {
  let attempts = 0
  const refuse: buildConnector.connector = (_options, callback) => {
    attempts++
    queueMicrotask(() => callback(new Error(`refused ${attempts}`), null))
  }
  let emptied = 0
  const pool = new ConnectionPool(new URL('http://up.test/'), refuse, new Sweep(), OPTIONS, () => emptied++)
  const askers = [new Asker(), new Asker(), new Asker()]
  for (const asker of askers) pool.ask(asker)
  const told = (await Promise.all(askers.map(({ served }) => served))) as Error[]
  assert.deepEqual(
    told.map(({ message }) => message),
    ['refused 1', 'refused 2', 'refused 3'],
  )
  assert.equal(emptied, 1)
})
