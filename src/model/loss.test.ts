import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapePointer, Losses } from './loss.ts'

test('each path is lost once, for the reason that came first', () => {
  const losses = new Losses()
  losses.add('/usage/input', 'no-slot')
  losses.add('/usage/input', 'cosmetic')
  assert.deepEqual(losses.all, [{ path: '/usage/input', reason: 'no-slot' }])
  assert.equal(losses.count, 1)
})

test('a native pocket is lost member by member, under escaped names', () => {
  const losses = new Losses()
  losses.addNative('/native/members', { a: 1, 'b/c~d': 2 }, 'cosmetic')
  assert.deepEqual(losses.all, [
    { path: '/native/members/a', reason: 'cosmetic' },
    { path: '/native/members/b~1c~0d', reason: 'cosmetic' },
  ])
})

test('after a thousand only the number is known', () => {
  const losses = new Losses()
  for (let at = 0; at < 1200; at++) losses.add(`/turns/${at}`, 'no-slot')
  assert.equal(losses.all.length, 1000)
  assert.equal(losses.count, 1200)
})

test('a name is escaped as RFC 6901 says', () => {
  assert.equal(escapePointer('~1/m'), '~01~1m')
  assert.equal(escapePointer('plain'), 'plain')
})
