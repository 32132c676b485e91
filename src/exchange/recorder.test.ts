import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyReading, type Reading } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import type { PriceBook } from '../observe/index.ts'
import { Recorder } from './recorder.ts'

const SUBJECT = { id: 'req_1', dialect: 'chat', model: 'asked' } as const

function reading(known: Partial<Reading> = {}): Reading {
  return { ...emptyReading(), ...known }
}

test('each attempt is told with its times and with what became of it', () => {
  const record = new Recorder(SUBJECT, 1000)
  record.restart(1001)
  record.upstream = 'first'
  record.upstreamDialect = 'messages'
  record.noteHead(529, 1020)
  record.restart(1030, failure('overloaded', 'Full'))
  record.upstream = 'second'
  record.upstreamDialect = 'chat'
  record.sentModel = 'sent'
  record.noteConnect(1035)
  record.noteHead(200, 1050)
  const { attempts, times } = record.report('completed', reading(), 1100)
  assert.deepEqual(attempts, [
    {
      ...{ upstream: 'first', dialect: 'messages', model: 'asked' },
      ...{ sentMs: 1, headMs: 20, endMs: 30, status: 529, error: 'overloaded' },
    },
    {
      ...{ upstream: 'second', dialect: 'chat', model: 'sent' },
      ...{ sentMs: 30, headMs: 50, endMs: 100, status: 200, error: null },
    },
  ])
  assert.deepEqual([times.connectMs, times.headMs], [35, 50])
})

test('silences between reads with content are counted by their length', () => {
  const record = new Recorder(SUBJECT, 0)
  const seen = reading()
  for (const now of [100, 109, 119, 139, 139.5, 20_000]) {
    seen.progress++
    record.note(seen, now)
    record.note(seen, now + 0.1)
  }
  const { gaps, gapSumMs, longestGapMs } = record.report('completed', seen, 20_001).times
  assert.deepEqual(gaps, [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  assert.equal(gapSumMs, 19_900)
  assert.equal(longestGapMs, 19_860.5)
})

test('the cost is by the price book for the model that served, else what the upstream says', () => {
  const asked: string[] = []
  const prices: PriceBook = {
    costOf: ({ upstream, model }) => {
      asked.push(`${upstream} ${model}`)
      return model === 'unknown' ? undefined : { usd: 0.5, source: 'book' }
    },
  }
  const costOf = (known: Partial<Reading>) => {
    const record = new Recorder(SUBJECT, 0, prices)
    record.restart(0)
    record.upstream = 'up'
    record.upstreamDialect = 'chat'
    return record.report('completed', reading(known), 1).cost
  }
  const usage = { output: 3 }
  assert.deepEqual(costOf({ usage, model: 'served' }), { usd: 0.5, source: 'book' })
  assert.deepEqual(costOf({ usage }), { usd: 0.5, source: 'book' })
  assert.equal(costOf({ usage, model: 'unknown' }), null)
  const stated = { ...usage, reportedCostUsd: 0.25 }
  assert.deepEqual(costOf({ usage: stated, model: 'unknown' }), { usd: 0.25, source: 'upstream' })
  assert.equal(costOf({ usage: {} }), null, 'who counted nothing is not billed')
  assert.deepEqual(asked, ['up served', 'up asked', 'up unknown', 'up unknown'])
})
