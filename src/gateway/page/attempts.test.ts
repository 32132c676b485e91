import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Attempts } from './attempts.ts'

function tries(attempts: Attempts, address: string, count: number): void {
  for (let n = 0; n < count; n++) attempts.noteWrong(address)
}

test('ten wrong secrets are forgiven, the eleventh has to wait six seconds', () => {
  let now = 1000
  const attempts = new Attempts(() => now)
  tries(attempts, 'a', 9)
  assert.equal(attempts.waitMs('a'), 0)
  tries(attempts, 'a', 1)
  assert.equal(attempts.waitMs('a'), 6000)
  now += 5999
  assert.equal(attempts.waitMs('a'), 1)
  now += 1
  assert.equal(attempts.waitMs('a'), 0)
  tries(attempts, 'a', 1)
  assert.equal(attempts.waitMs('a'), 6000)
})

test('one address does not keep out another', () => {
  const attempts = new Attempts(() => 0)
  tries(attempts, 'a', 10)
  assert.equal(attempts.waitMs('b'), 0)
})

test('what was wrong a minute ago is forgotten', () => {
  let now = 0
  const attempts = new Attempts(() => now)
  tries(attempts, 'a', 10)
  now += 60_000
  tries(attempts, 'a', 9)
  assert.equal(attempts.waitMs('a'), 0)
})
