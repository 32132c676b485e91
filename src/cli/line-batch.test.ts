import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBatch } from './line-batch.ts'

test('LineBatch gives lines on together after a while, and nothing when there are none', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const written: string[] = []
  const batch = new LineBatch(lines => written.push(lines))
  batch.push('a\n')
  batch.push('b\n')
  mock.timers.tick(249)
  assert.deepEqual(written, [])
  mock.timers.tick(1)
  assert.deepEqual(written, ['a\nb\n'])
  mock.timers.tick(1000)
  batch.push('c\n')
  mock.timers.tick(250)
  assert.deepEqual(written, ['a\nb\n', 'c\n'])
})

test('LineBatch gives on at once what is much, in order, each line once', () => {
  const written: string[] = []
  const batch = new LineBatch(lines => written.push(lines))
  const lines = Array.from({ length: 100 }, (_, n) => `${String(n).repeat(500)}\n`)
  for (const line of lines) batch.push(line)
  assert.ok(written.length > 1 && written.length < 10)
  batch.flush()
  batch.flush()
  assert.deepEqual(written.join(''), lines.join(''))
})
