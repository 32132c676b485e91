import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GapTrail } from './gap-trail.ts'

test('a trail tells what came after the last question', () => {
  const trail = new GapTrail()
  trail.push(10.4)
  trail.push(20.6)
  assert.deepEqual(trail.after(0), [10, 21])
  const { count } = trail
  assert.deepEqual(trail.after(count), [])
  trail.push(30)
  assert.deepEqual(trail.after(count), [30])
})

test('a trail remembers the last 64', () => {
  const trail = new GapTrail()
  for (let ms = 0; ms < 100; ms++) trail.push(ms)
  const gaps = trail.after(0)
  assert.deepEqual([gaps.length, gaps[0], gaps.at(-1), trail.count], [64, 36, 99, 100])
  assert.deepEqual(trail.after(0, 3), [97, 98, 99])
  assert.deepEqual(trail.after(99, 3), [99])
})
