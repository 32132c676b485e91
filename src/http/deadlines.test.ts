import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sweep, type SweepTarget, sharedSweep, sweepOfExchange } from './deadlines.ts'

test('a sweep asks its targets with the time of its clock', () => {
  const sweep = new Sweep({ now: () => 42 })
  const asked: string[] = []
  const [first, second] = [
    target(nowMs => asked.push(`first ${nowMs}`)),
    target(nowMs => asked.push(`second ${nowMs}`)),
  ]
  sweep.add(first)
  sweep.add(second)
  sweep.run()
  sweep.delete(first)
  sweep.run()
  sweep.delete(second)
  assert.deepEqual(asked.toSorted(), ['first 42', 'second 42', 'second 42'])
})

test('targets may be added and deleted during a sweep; a deleted one is not asked any more', () => {
  const sweep = new Sweep()
  const asked: string[] = []
  const late = target(() => asked.push('late'))
  const gone = target(() => asked.push('gone'))
  const busy = target(() => {
    asked.push('busy')
    sweep.delete(gone)
    sweep.add(late)
  })
  sweep.add(gone)
  sweep.add(busy)
  sweep.run()
  sweep.delete(busy)
  sweep.run()
  sweep.delete(late)
  assert.deepEqual(asked.slice(-1), ['late'])
  assert.ok(!asked.includes('gone'))
})

test('a target that takes itself out and in again does not keep the sweep running', () => {
  const sweep = new Sweep()
  let asked = 0
  const restless = target(() => {
    asked++
    sweep.delete(restless)
    sweep.add(restless)
  })
  sweep.add(restless)
  sweep.run()
  sweep.delete(restless)
  assert.equal(asked, 1)
})

test('the timer runs only while somebody is in the sweep', ({ mock }) => {
  mock.timers.enable({ apis: ['setInterval'] })
  const sweep = new Sweep({ everyMs: 50 })
  let asked = 0
  const counting = target(() => asked++)
  sweep.add(counting)
  mock.timers.tick(49)
  assert.equal(asked, 0)
  mock.timers.tick(101)
  assert.equal(asked, 3)
  sweep.delete(counting)
  mock.timers.tick(1000)
  assert.equal(asked, 3)
  sweep.add(counting)
  mock.timers.tick(50)
  assert.equal(asked, 4)
  sweep.delete(counting)
})

test('the last target may take itself out during a sweep', ({ mock }) => {
  mock.timers.enable({ apis: ['setInterval'] })
  const sweep = new Sweep({ everyMs: 10 })
  let asked = 0
  const once = target(() => {
    asked++
    sweep.delete(once)
  })
  sweep.add(once)
  mock.timers.tick(100)
  assert.equal(asked, 1)
})

function target(sweep: (nowMs: number) => unknown): SweepTarget {
  return { sweep: nowMs => void sweep(nowMs) }
}

test('exchanges share one sweep where timers may serve several requests', () => {
  assert.equal(sweepOfExchange(), sharedSweep)
})
