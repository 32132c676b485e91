import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import type { StreamReport } from '../observe/index.ts'
import { Streams } from './streams.ts'

function report(id: string | number, key: string | null = null): StreamReport {
  return { ...reportOf('completed'), id: String(id), key }
}

function ids(reports: readonly StreamReport[]): string {
  return reports.map(({ id }) => id).join()
}

test('the newest reports come first, no more than asked for', () => {
  const streams = new Streams()
  assert.deepEqual(streams.recent(10), [])
  for (const id of [1, 2, 3]) streams.note(report(id))
  assert.equal(ids(streams.recent(10)), '3,2,1')
  assert.equal(ids(streams.recent(2)), '3,2')
})

test('the last thousand are kept', () => {
  const streams = new Streams()
  for (let id = 1; id <= 2345; id++) streams.note(report(id))
  const all = streams.recent(5000)
  assert.deepEqual([all.length, all[0]?.id, all.at(-1)?.id], [1000, '2345', '1346'])
  assert.equal(streams.find('1346')?.id, '1346')
  assert.equal(streams.find('1345'), undefined)
})

test('a key sees its own reports', () => {
  const streams = new Streams()
  for (const [id, key] of [
    ['1', 'a'],
    ['2', 'b'],
    ['3', null],
    ['4', 'a'],
  ] as const)
    streams.note(report(id, key))
  assert.equal(ids(streams.recent(10, 'a')), '4,1')
  assert.equal(ids(streams.recent(1, 'b')), '2')
  assert.equal(ids(streams.recent(10)), '4,3,2,1')
  assert.equal(streams.find('2', 'a'), undefined)
  assert.equal(streams.find('2', 'b')?.id, '2')
})

/** An open stream that ends when it is stopped. */
function open(streams: Streams) {
  const stream = {
    id: 'open',
    progress: () => undefined,
    reportSoFar: () => undefined,
    stopped: '',
    cancel(why: string) {
      stream.stopped = why
      streams.leave(stream)
    },
  }
  streams.enter(stream)
  return stream
}

test('draining waits for open streams and stops none that ends in time', async () => {
  const streams = new Streams()
  await streams.drain(1)
  const [one, other] = [open(streams), open(streams)]
  const drained = streams.drain(60_000)
  streams.leave(one)
  assert.equal(streams.openCount, 1)
  streams.leave(other)
  await drained
  assert.deepEqual([one.stopped, other.stopped, streams.openCount], ['', '', 0])
})

test('what is still open when the budget is spent is stopped', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const streams = new Streams()
  const all = [open(streams), open(streams), open(streams)]
  const drained = streams.drain(30_000)
  t.mock.timers.tick(29_999)
  assert.equal(streams.openCount, 3)
  t.mock.timers.tick(1)
  await drained
  assert.deepEqual(
    all.map(({ stopped }) => stopped),
    ['drain', 'drain', 'drain'],
  )
})
