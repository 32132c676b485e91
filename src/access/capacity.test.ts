import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Capacity } from './capacity.ts'

test('Capacity refuses what is over its limit with a 503 and a second to wait', () => {
  const streams = new Capacity('streams', 2)
  assert.equal(streams.enter(), undefined)
  assert.equal(streams.enter(), undefined)
  assert.deepEqual(streams.enter(), {
    code: 'overloaded',
    status: 503,
    message: 'Cannot take more: limits.streams allows 2 at a time',
    retryAfterMs: 1000,
  })
  assert.equal(streams.open, 2)
})

test('Capacity gives a place away again once it was left', () => {
  const streams = new Capacity('streams', 1)
  streams.enter()
  streams.leave()
  assert.equal(streams.open, 0)
  assert.equal(streams.enter(), undefined)
})
