import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpClient } from './client.ts'
import { HttpPoolManager } from './pool.ts'

test('the same origin and use get the same client, another gets another', () => {
  const { pools } = setUp()
  const streams = pools.getStreamingClient('https://a.example/v1/x?y')
  assert.equal(pools.getStreamingClient(new URL('https://A.example:443')), streams)
  assert.notEqual(pools.getClient('https://a.example'), streams)
  assert.notEqual(pools.getStreamingClient('http://a.example'), streams)
  assert.equal(pools.getClient(), pools.getClient())
})

test('closing an origin closes both of its clients and makes new ones when asked', async () => {
  const { pools, closed } = setUp()
  const [whole, stream, other] = [pools.getClient('http://a'), pools.getStreamingClient('http://a'), pools.getClient()]
  await pools.closePool('http://a/')
  assert.deepEqual(closed, [whole, stream])
  assert.notEqual(pools.getClient('http://a'), whole)
  assert.equal(pools.getClient(), other)
})

test('closing all closes every client once', async () => {
  const { pools, closed } = setUp()
  const clients = [pools.getClient(), pools.getClient('http://a'), pools.getStreamingClient('http://b')]
  await pools.closeAll()
  await pools.closeAll()
  assert.deepEqual(closed, clients)
  assert.deepEqual(pools.stats, [])
})

test('the stats tell which clients there are and how often they were given out', () => {
  const { pools } = setUp()
  pools.getClient()
  pools.getStreamingClient('http://a')
  pools.getStreamingClient('http://a')
  assert.deepEqual(pools.stats, [
    { origin: undefined, isStreaming: false, uses: 1 },
    { origin: 'http://a', isStreaming: true, uses: 2 },
  ])
})

test('an origin that is no URL is refused', () => {
  assert.throws(() => setUp().pools.getClient('not a url'), TypeError)
})

function setUp() {
  const closed: HttpClient[] = []
  const pools = new HttpPoolManager(() => {
    const client: HttpClient = {
      send: () => assert.fail('nothing is sent'),
      close: async () => void closed.push(client),
    }
    return client
  })
  return { pools, closed }
}
