import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { made, opening } from '../../test/ledger/exchanges.ts'
import { RowQueue } from './queue.ts'

const idsOf = (lines: string) => (lines === '' ? [] : lines.split('\n').map(line => JSON.parse(line).id))

suite('RowQueue', () => {
  test('gives reports first, and no open row of what has ended while it waited', () => {
    const queue = new RowQueue(10)
    const [first, second, third] = [made(), made(), made()]
    const rows = [first, second, third].map(opening)
    for (const row of rows) queue.open(row)
    queue.settle(second, rows[1])
    assert.equal(queue.size, 3)
    const batch = queue.take(2)
    assert.deepEqual([idsOf(batch?.settled ?? ''), idsOf(batch?.opened ?? '')], [[second.id], [third.id]])
    assert.deepEqual([batch?.reports, batch?.rows, queue.size], [1, 2, 1])
    // Its open row is on the way: the report comes after it.
    queue.settle(third, rows[2])
    assert.deepEqual([idsOf(queue.take(2)?.settled ?? ''), queue.take(2)], [[third.id], undefined])
  })

  test('leaves open rows that are young, unless they are the last', () => {
    const queue = new RowQueue(10)
    const [old, young] = [opening(made()), opening(made({ time: new Date(Date.now() + 1000).toISOString() }))]
    queue.open(old)
    queue.open(young)
    assert.deepEqual([idsOf(queue.take(10)?.opened ?? ''), queue.take(10), queue.size], [[old.id], undefined, 1])
    assert.deepEqual(idsOf(queue.take(10, true)?.opened ?? ''), [young.id])
  })

  test('drops open rows before reports, and counts both', () => {
    const queue = new RowQueue(3)
    const reports = Array.from({ length: 6 }, () => made())
    const rows = reports.map(opening)
    for (const row of rows) queue.open(row)
    assert.deepEqual([queue.size, queue.droppedOpen, queue.dropped], [3, 3, 0])
    // The last three have no open row here; what they push out are the open rows of others.
    for (const at of [3, 4, 5]) queue.settle(reports[at] as (typeof reports)[number], rows[at])
    assert.deepEqual([queue.size, queue.droppedOpen, queue.dropped], [3, 6, 0])
    queue.settle(reports[0] as (typeof reports)[number], rows[0])
    assert.deepEqual([queue.size, queue.droppedOpen, queue.dropped], [3, 6, 1])
    assert.deepEqual(idsOf(queue.take(10)?.settled ?? ''), [reports[3]?.id, reports[4]?.id, reports[5]?.id])
  })

  test('holds its measure however often it is filled and emptied', () => {
    const queue = new RowQueue(1000)
    let taken = 0
    for (let round = 0; round < 50; round++) {
      for (let count = 0; count < 30; count++) queue.settle(made())
      taken += queue.take(20)?.reports ?? 0
    }
    assert.deepEqual([taken, queue.size, queue.dropped], [1000, 500, 0])
    while (queue.size > 0) taken += queue.take(100)?.reports ?? 0
    assert.equal(taken, 1500)
  })
})
