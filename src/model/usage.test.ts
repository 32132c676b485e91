import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeUsage } from './usage.ts'

test('the last explicit value wins, a zero too; what nobody says now stays as it was', () => {
  const known = { input: 5, cacheRead: 3, output: 1 }
  assert.deepEqual(mergeUsage(known, { output: 0, cacheRead: undefined, reasoning: 2 }), {
    input: 5,
    cacheRead: 3,
    output: 0,
    reasoning: 2,
  })
  assert.deepEqual(known, { input: 5, cacheRead: 3, output: 1 })
})

test('native members come together, later over earlier', () => {
  const said = (members: Record<string, unknown>) => ({ native: { dialect: 'chat', members } as const })
  assert.deepEqual(mergeUsage(said({ a: 1, b: 1 }), said({ b: 2, c: 2 })), said({ a: 1, b: 2, c: 2 }))
  assert.deepEqual(mergeUsage({}, said({ a: 1 })), said({ a: 1 }))
  assert.deepEqual(mergeUsage(said({ a: 1 }), {}), said({ a: 1 }))
})
