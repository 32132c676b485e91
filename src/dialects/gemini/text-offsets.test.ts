import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TextOffsets } from './text-offsets.ts'

// D is one byte, ü two, ☼ three, the ear of wheat four bytes and two code units.
const TEXT = 'Dü☼🌾.'

test('bytes become code units, inside a character its beginning', () => {
  const offsets = new TextOffsets(TEXT)
  assert.deepEqual(
    [0, 1, 2, 3, 5, 6, 9, 10, 11, 99].map(byte => offsets.at(byte)),
    [0, 1, 1, 2, 2, 3, 3, 5, 6, 6],
  )
})

test('code units become bytes, in any order', () => {
  const offsets = new TextOffsets(TEXT)
  assert.deepEqual(
    [6, 5, 3, 2, 1, 0].map(unit => offsets.bytesAt(unit)),
    [11, 10, 6, 3, 1, 0],
  )
})
