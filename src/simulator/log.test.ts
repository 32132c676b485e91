import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestLog } from './log.ts'

const ARRIVAL = {
  time: 5000,
  method: 'POST',
  path: '/v1/messages',
  headers: ['x-api-key', 'k'],
  dialect: 'messages',
} as const

test('RequestLog keeps the last thousand requests and counts them all', () => {
  const log = new RequestLog()
  for (let at = 0; at < 1200; at++) log.add(ARRIVAL)
  assert.equal(log.list(0).length, 1000)
  assert.equal(log.list(0)[0]?.seq, 201)
  assert.deepEqual(
    log.list(1198).map(({ seq }) => seq),
    [1199, 1200],
  )
  log.clear()
  assert.deepEqual(log.list(0), [])
  assert.equal(log.add(ARRIVAL).seen.seq, 1201)
})

test('a request tells what became of it', () => {
  const sighting = new RequestLog().add(ARRIVAL)
  sighting.bodyRead(Buffer.alloc(300 * 1024, 'a'))
  sighting.headSent(200, 5020)
  sighting.frameSent()
  sighting.closed(false, true, 5100)
  const { body, ...seen } = sighting.seen
  assert.equal(body.length, 256 * 1024)
  assert.deepEqual(seen, {
    ...{ seq: 1, ...ARRIVAL, status: 200, headMs: 20, frames: 1 },
    ...{ complete: false, hungUp: true, hungUpMs: 80 },
  })
})

test('a client that leaves before the head is timed from its request', () => {
  const sighting = new RequestLog().add(ARRIVAL)
  sighting.closed(false, true, 5300)
  assert.equal(sighting.seen.hungUpMs, 300)
  assert.equal(sighting.seen.status, null)
})
