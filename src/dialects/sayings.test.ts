import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../errors.ts'
import { Losses } from '../model/index.ts'
import { refusal, unsaid } from './sayings.ts'

test('what a table loses is noted with its path and reason', () => {
  const losses = new Losses()
  unsaid({ lost: 'unit', how: 'in seconds' }, '/tools/0/cache', losses)
  assert.deepEqual(losses.all, [{ path: '/tools/0/cache', reason: 'unit' }])
})

test('what a table refuses is a bad request that names the member and says why', () => {
  const losses = new Losses()
  assert.throws(() => unsaid({ refused: 'the API makes one answer' }, '/choices', losses), {
    name: 'MillraceError',
    code: 'bad-request',
    message: 'Cannot honour `/choices`: the API makes one answer',
  })
  assert.equal(losses.count, 0)
})

test('what a table says is neither lost nor refused', () => {
  const losses = new Losses()
  unsaid({ as: 'seed' }, '/sampling/seed', losses)
  assert.equal(losses.count, 0)
})

test('a refusal is made without a table too', () => {
  const error = refusal('tool_choice', 'no tool "f" is declared')
  assert.ok(error instanceof MillraceError)
  assert.equal(error.message, 'Cannot honour `tool_choice`: no tool "f" is declared')
})
