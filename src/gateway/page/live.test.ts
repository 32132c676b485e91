import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../../../test/eventually.ts'
import { RawClient } from '../../../test/raw-client.ts'
import { reportOf } from '../../../test/reports.ts'
import { type OpenStream, Streams } from '../streams.ts'
import { Live } from './live.ts'

/** Counts how often somebody looks at it. */
class WatchedStreams extends Streams {
  looks = 0

  override visit(call: (stream: OpenStream) => void): void {
    this.looks++
    super.visit(call)
  }
}

/** A live view that turns when the test says so, over real sockets. */
async function house() {
  const streams = new WatchedStreams()
  const clock = { now: () => 0, wallMs: () => 1000 }
  const live = new Live(streams, clock)
  const taken: boolean[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const isTaken = live.watch(response, undefined, request.headers['last-event-id'] as string | undefined)
    taken.push(isTaken)
    if (!isTaken) response.end()
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    live,
    streams,
    taken,
    /** A report makes an event. */
    end: (id: string) => streams.note({ ...reportOf('completed'), id }),
    watch: async (lastEventId = '') => {
      const client = await RawClient.send(port, `GET / HTTP/1.1\r\nhost: a\r\nlast-event-id: ${lastEventId}\r\n\r\n`)
      return client.until(({ head }) => head.includes('200'))
    },
    async [Symbol.asyncDispose]() {
      live.close()
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
}

function eventsIn({ body }: RawClient): readonly (readonly [event: string, id: string])[] {
  return [...body.matchAll(/event: (\w+)\nid: ([\w-]+)\n/g)].map(([, event, id]) => [event as string, id as string])
}

test('all watchers of one owner get the same events, numbered', async () => {
  await using at = await house()
  const [one, other] = [await at.watch(), await at.watch()]
  at.end('a')
  at.live.turn()
  at.live.turn()
  at.end('b')
  at.live.turn()
  await Promise.all([one, other].map(client => client.until(client => eventsIn(client).length >= 3)))
  const [, first, second] = eventsIn(one)
  assert.deepEqual(
    eventsIn(one).map(([event]) => event),
    ['snapshot', 'change', 'change'],
  )
  assert.deepEqual(eventsIn(other).slice(-2), [first, second])
  assert.match(first?.[1] as string, /^[0-9a-f]{12}-1$/)
  assert.match(second?.[1] as string, /^[0-9a-f]{12}-2$/)
})

test('who comes back gets what it missed, forty events of it, and else everything', async () => {
  await using at = await house()
  const first = await at.watch()
  for (let n = 0; n < 41; n++) {
    at.end(`${n}`)
    at.live.turn()
  }
  await first.until(client => eventsIn(client).length >= 42)
  const ids = eventsIn(first).map(([, id]) => id)
  const missed = await at.watch(ids[1])
  await missed.until(client => eventsIn(client).length >= 40)
  assert.deepEqual(eventsIn(missed)[0], ['change', ids[2]])
  const late = await at.watch(ids[0])
  await late.until(client => eventsIn(client).length > 0)
  assert.deepEqual(eventsIn(late), [['snapshot', ids[41]]])
})

test('what came and went while nobody was there is told to who comes back in time', async () => {
  await using at = await house()
  const first = await at.watch()
  await first.until(client => eventsIn(client).length === 1)
  const [[, id] = ['', '']] = eventsIn(first)
  first.leave()
  await eventually(() => {
    at.live.turn()
    return at.streams.looks > 3 || undefined
  })
  at.end('a')
  const back = await at.watch(id)
  await back.until(client => eventsIn(client).length > 0)
  assert.deepEqual(
    eventsIn(back).map(([event]) => event),
    ['change'],
  )
})

test('ten seconds after the last watcher has left nobody looks at the streams', async () => {
  await using at = await house()
  const client = await at.watch()
  client.leave()
  // Each turn is a look for as long as somebody could come back.
  await eventually(() => {
    const { looks } = at.streams
    at.live.turn()
    return at.streams.looks === looks || undefined
  }, 1)
  assert.ok(at.streams.looks > 40)
})

test('sixty-four watch, and one more does not', async () => {
  await using at = await house()
  for (let n = 0; n < 64; n++) await at.watch()
  await at.watch()
  assert.deepEqual([at.taken.length, at.taken.filter(Boolean).length], [65, 64])
})
