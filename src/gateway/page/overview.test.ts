import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../../test/reports.ts'
import type { StreamReport } from '../../observe/index.ts'
import { readQuestion } from './overview.ts'
import { overviewOf } from './recent-overview.ts'

const NOW = Date.parse('2026-11-03T10:00:00Z')
const MINUTE_MS = 60_000

function question(query: string) {
  return readQuestion(query, undefined, NOW)
}

test('the last hour is asked for by itself, in steps of a minute', () => {
  assert.deepEqual(question(''), {
    sinceMs: NOW - 60 * MINUTE_MS,
    untilMs: NOW,
    stepMs: MINUTE_MS,
    by: 'model',
    key: undefined,
  })
})

const STEPS = [
  ['15m', 15_000],
  ['24h', 30 * MINUTE_MS],
  ['7d', 3 * 60 * MINUTE_MS],
  ['30d', 12 * 60 * MINUTE_MS],
  ['90d', 7 * 24 * 60 * MINUTE_MS],
] as const

for (const [since, stepMs] of STEPS)
  test(`the last ${since} come in steps of ${stepMs / 1000} s`, () => {
    const asked = question(`?since=${since}&by=upstream`)
    assert.ok(!('code' in asked))
    assert.deepEqual([asked.stepMs, asked.by], [stepMs, 'upstream'])
  })

for (const query of ['?since=1s', '?since=abc', '?by=colour', '?since=10&until=5', '?since=1m&until=1', '?since=900d'])
  test(`${query} is refused`, () => {
    const refused = question(query)
    assert.equal('code' in refused && refused.status, 400)
  })

function report(minute: number, changes: Partial<StreamReport> = {}): StreamReport {
  return {
    ...reportOf('completed'),
    time: new Date(NOW - 60 * MINUTE_MS + minute * MINUTE_MS).toISOString(),
    ...changes,
  }
}

function within(reports: readonly StreamReport[], by = 'model') {
  const asked = question(`?by=${by}`)
  assert.ok(!('code' in asked))
  return overviewOf(reports, asked)
}

test('exchanges are summed up, those outside of the range left out', () => {
  const failed = reportOf('failed')
  const { total } = within([
    report(1),
    report(2),
    report(3, { ...failed, time: report(3).time }),
    report(-1),
    report(60),
  ])
  assert.deepEqual(total, {
    requests: 3,
    failed: 1,
    inputTokens: 43_748,
    cacheReadTokens: 38_400,
    outputTokens: 824,
    costUsd: 0.029016,
    unpriced: 0,
    firstTokenMs: { p50: 2210.7, p95: 2210.7, p99: 2210.7 },
    tokensPerSecond: 89,
  })
})

test('steps are those that had exchanges, in order', () => {
  const { steps } = within([report(5), report(2), report(5.5)])
  assert.deepEqual(
    steps.map(({ atMs, requests }) => [(atMs - NOW) / MINUTE_MS + 60, requests]),
    [
      [2, 1],
      [5, 2],
    ],
  )
})

test('groups are named, the largest first', () => {
  const other = { model: { requested: 'fast', sent: 'qwen3', reported: null } }
  const { groups } = within([report(1), report(2, other), report(3, other)])
  assert.deepEqual(
    groups.map(({ name, requests }) => [name, requests]),
    [
      ['qwen3', 2],
      ['claude-sonnet-5', 1],
    ],
  )
})

test('percentiles are values that came', () => {
  const times = (firstTokenMs: number) => ({ times: { ...reportOf('completed').times, firstTokenMs } })
  const { total } = within(Array.from({ length: 100 }, (_, n) => report(n / 2, times(n + 1))))
  assert.deepEqual(total.firstTokenMs, { p50: 50, p95: 95, p99: 99 })
})

test('who knows no price and no first token says so', () => {
  const bare = { cost: null, times: { ...reportOf('completed').times, firstTokenMs: null } }
  const { total } = within([report(1, bare)])
  assert.deepEqual([total.unpriced, total.firstTokenMs, total.tokensPerSecond], [1, null, null])
})
