import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finishOf } from './finish.ts'
import { membersFor } from './native.ts'

test('a word has the reason of its table, and an unknown one is a value', () => {
  const table = { end_turn: 'stop' } as const
  assert.deepEqual(finishOf(table, 'end_turn'), { reason: 'stop', raw: 'end_turn' })
  for (const raw of ['', 'END_TURN', 'toString', '__proto__'])
    assert.deepEqual(finishOf(table, raw), { reason: 'other', raw })
})

test('a pocket opens for its own dialect only', () => {
  const native = { dialect: 'chat', members: { a: 1 } } as const
  assert.deepEqual(membersFor('chat', native), { a: 1 })
  assert.equal(membersFor('messages', native), undefined)
  assert.equal(membersFor('chat', undefined), undefined)
})
