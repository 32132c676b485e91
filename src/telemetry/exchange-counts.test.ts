import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import type { StreamReport } from '../observe/index.ts'
import { ExchangeCounts } from './exchange-counts.ts'
import { KnownNames } from './known-names.ts'

const COMPLETED = reportOf('completed')

/** Series of a family after these reports, as `labels value`. */
function seriesOf(name: string, ...reports: readonly StreamReport[]): readonly string[] {
  const counts = new ExchangeCounts(new KnownNames(100))
  for (const report of reports) counts.note(report)
  const family = counts.families.find(({ shape }) => shape.name === name)
  return (family?.get().values ?? []).map(({ labels, value }) => `${Object.values(labels).join(' ')} ${value}`)
}

test('tokens are counted by kind, each once', () => {
  const usage = { ...COMPLETED.usage, input: 100, cacheRead: 60, cacheWrite: 10, output: 50, reasoning: 20 }
  const [model, upstream] = [COMPLETED.model.sent, COMPLETED.upstream.name]
  assert.deepEqual(
    seriesOf('millrace_tokens_total', { ...COMPLETED, usage: { ...usage, provenance: 'reported' } }),
    ['input reported', 'cache_read reported', 'cache_write reported', 'output reported', 'reasoning reported'].map(
      (kind, at) => `${kind} ${upstream} ${model} ${[30, 60, 10, 30, 20][at]}`,
    ),
  )
})

test('parts that are more than their total take nothing away', () => {
  const usage = { ...COMPLETED.usage, input: 10, cacheRead: 60, cacheWrite: null, output: 5, reasoning: 9 }
  const values = seriesOf('millrace_tokens_total', { ...COMPLETED, usage }).map(series => series.split(' ').at(-1))
  assert.deepEqual(values, ['0', '60', '0', '0', '9'])
})

test('a price that is not known is counted, and one that is adds up', () => {
  const cost = { usd: 0.25, source: 'book' }
  const unpriced = { ...COMPLETED, cost: null }
  const reports = [{ ...COMPLETED, cost }, { ...COMPLETED, cost }, unpriced]
  const by = `${COMPLETED.upstream.name} ${COMPLETED.model.sent}`
  assert.deepEqual(seriesOf('millrace_cost_dollars_total', ...reports), [`${by} 0.5`])
  assert.deepEqual(seriesOf('millrace_unpriced_exchanges_total', ...reports), [`${by} 1`])
})

test('silences keep their buckets, and all of them their sum', () => {
  const times = { ...COMPLETED.times, gaps: [3, 0, 1], gapSumMs: 60 }
  const series = seriesOf('millrace_token_gap_seconds', { ...COMPLETED, times })
  const by = `${COMPLETED.upstream.name} ${COMPLETED.model.sent}`
  assert.deepEqual(
    series.map(line => line.replace(`${by} `, '')),
    ['0.01 3', '0.02 3', '0.05 4', '0.1 4', '0.25 4', '0.5 4', '1 4', '2.5 4', '5 4', '10 4', '+Inf 4', '0.06', '4'],
  )
})

test('each attempt counts, and its error unless the client left', () => {
  const [first] = COMPLETED.attempts
  assert.ok(first)
  const attempts = [
    { ...first, upstream: 'one', error: 'overloaded' },
    { ...first, upstream: 'two', error: 'cancelled' },
  ] as const
  assert.deepEqual(seriesOf('millrace_upstream_attempts_total', { ...COMPLETED, attempts }), ['one 1', 'two 1'])
  assert.deepEqual(seriesOf('millrace_upstream_errors_total', { ...COMPLETED, attempts }), ['one overloaded 1'])
})

test('ten thousand made-up models make a hundred labels', () => {
  const reports = Array.from({ length: 10_000 }, (_, at) => ({
    ...COMPLETED,
    model: { requested: `m${at}`, sent: null, reported: null },
  }))
  const series = seriesOf('millrace_exchanges_total', ...reports)
  assert.equal(series.length, 101)
  assert.match(series.at(-1) ?? '', / other 9900$/)
})
