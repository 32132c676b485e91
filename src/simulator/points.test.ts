import assert from 'node:assert/strict'
import { test } from 'node:test'
import { POINTS, type Point, piecesBefore } from './points.ts'
import type { Stage } from './voice.ts'

const STREAM: readonly Stage[] = [
  ...['handshake', 'handshake'],
  ...['content', 'content', 'content', 'content', 'content'],
  ...['finish', 'trailer', 'trailer'],
] as const

const BEFORE: Record<Point, number> = {
  accept: 0,
  head: 0,
  handshake: 2,
  first: 3,
  middle: 5,
  last: 7,
  finish: 8,
  end: 10,
}

for (const point of POINTS) {
  test(`"${point}" comes after ${BEFORE[point]} of 10 events`, () => {
    assert.equal(piecesBefore(point, STREAM), BEFORE[point])
  })
}

test('a stream without content has its points all the same', () => {
  assert.deepEqual(
    POINTS.map(point => piecesBefore(point, ['handshake', 'finish'])),
    [0, 0, 1, 1, 1, 1, 2, 2],
  )
})
