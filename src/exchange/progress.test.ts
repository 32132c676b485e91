import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyReading, type Reading } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { progressOf } from './progress.ts'
import { Recorder } from './recorder.ts'

function progress(reading: Partial<Reading> | undefined, { now = 0, isOver = false, isFailed = false } = {}) {
  const record = new Recorder({ id: 'one', key: 'abcd1234', dialect: 'chat', model: 'm' }, 0)
  if (isFailed) record.failure = failure('upstream', 'Upstream closed the connection')
  return progressOf(record, reading && { ...emptyReading(), ...reading }, now, isOver)
}

const STATES = [
  ['waiting', undefined],
  ['waiting', { events: 3 }],
  ['thinking', { progress: 1, latest: 'reasoning' }],
  ['writing', { progress: 1, latest: 'text' }],
  ['tool', { progress: 1, latest: 'tool-call' }],
  ['writing', { progress: 1 }],
] as const

for (const [state, reading] of STATES)
  test(`who has read ${JSON.stringify(reading)} is ${state}`, () => {
    assert.equal(progress(reading).state, state)
  })

test('who has brought nothing for five seconds is stalled, unless all has come', () => {
  const reading = { progress: 1, latest: 'text' } as const
  assert.equal(progress(reading, { now: 4999 }).state, 'writing')
  assert.equal(progress(reading, { now: 5000 }).state, 'stalled')
  assert.equal(progress({ ...reading, isFinished: true }, { now: 5000 }).state, 'writing')
  assert.equal(progress(undefined, { now: 5000 }).state, 'waiting')
})

test('who is over is done, or has failed', () => {
  const reading = { progress: 1, latest: 'text' } as const
  assert.equal(progress(reading, { isOver: true }).state, 'done')
  assert.equal(progress(reading, { isOver: true, isFailed: true }).state, 'failed')
})

test('tokens are those that the upstream tells, and what came since by its length', () => {
  const tokens = (reading: Partial<Reading>) => {
    const { tokens, isEstimated } = progress(reading)
    return [tokens, isEstimated]
  }
  assert.deepEqual(tokens({}), [0, false])
  assert.deepEqual(tokens({ textBytes: 40 }), [10, true])
  assert.deepEqual(tokens({ textBytes: 40, uncountedFrom: 20, usage: { output: 7 } }), [12, true])
  assert.deepEqual(tokens({ textBytes: 40, usage: { output: 7 }, isUsageFinal: true }), [7, false])
})
