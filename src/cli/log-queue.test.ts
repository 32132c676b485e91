import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogQueue } from './log-queue.ts'

test('LogQueue has records written together after a while, each with the time it came at', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1000 })
  const written: unknown[] = []
  const queue = new LogQueue(entries => written.push(entries))
  queue.info({ n: 1 }, 'one')
  mock.timers.tick(100)
  queue.error({ n: 2 }, 'two')
  mock.timers.tick(149)
  assert.deepEqual(written, [])
  mock.timers.tick(1)
  assert.deepEqual(written, [
    [
      { level: 'info', record: { n: 1 }, message: 'one', wallMs: 1000 },
      { level: 'error', record: { n: 2 }, message: 'two', wallMs: 1100 },
    ],
  ])
})

test('LogQueue starts anew after it was flushed, and writes nothing when nothing waits', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
  const written: string[] = []
  const queue = new LogQueue(entries => written.push(entries.map(({ message }) => message).join()))
  queue.warn({}, 'a')
  queue.flush()
  queue.flush()
  mock.timers.tick(1000)
  queue.warn({}, 'b')
  mock.timers.tick(250)
  assert.deepEqual(written, ['a', 'b'])
})

test('LogQueue does not let many records wait', () => {
  const written: number[] = []
  const queue = new LogQueue(entries => written.push(entries.length))
  for (let n = 0; n < 100; n++) queue.info({ n }, 'exchange')
  queue.flush()
  assert.deepEqual(written, [32, 32, 32, 4])
})
