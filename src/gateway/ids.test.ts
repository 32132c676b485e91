import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createId } from './ids.ts'

test('an id is a UUID of version 7, later ones stand after earlier ones, and no two are alike', () => {
  const times = [0, 1, 0xffff, 0x10000, Date.UTC(2026, 0, 1), Date.UTC(2500, 0, 1)]
  const ids = times.map(time => createId(time))
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual(ids.toSorted(), ids)
  assert.ok(ids[1]?.startsWith('00000000-0001-7'))
  assert.equal(new Set(Array.from({ length: 1000 }, () => createId(1))).size, 1000)
})
