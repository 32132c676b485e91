import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCount, formatMs, formatUsd } from './amounts.ts'
import { parseLimit, parseSince } from './ledger-options.ts'

test('amounts are shown to people, and what is not known is a dash', () => {
  assert.deepEqual([null, 0, 21_874].map(formatCount), ['-', '0', '21,874'])
  assert.deepEqual([null, 0, 0.00001, 0.014508, 123.456].map(formatUsd), [
    '-',
    '$0.0000',
    '<$0.0001',
    '$0.0145',
    '$123.46',
  ])
  assert.deepEqual([null, 0.4, 613, 6841, 125_000].map(formatMs), ['-', '0 ms', '613 ms', '6.8 s', '2m 05s'])
})

test('a time of a command line is how long ago, or a date', () => {
  const now = 10_000_000_000
  assert.deepEqual(
    ['90s', '15m', '1h', '30d', '2w'].map(text => now - parseSince(text, now)),
    [90_000, 900_000, 3_600_000, 2_592_000_000, 1_209_600_000],
  )
  assert.equal(parseSince('2026-11-03'), Date.parse('2026-11-03T00:00:00Z'))
  for (const text of ['', '1', 'h', '1y', '-1h', 'yesterday', '2026-13-01']) assert.throws(() => parseSince(text))
  assert.equal(parseLimit('7'), 7)
  for (const text of ['0', '-1', '1.5', 'many']) assert.throws(() => parseLimit(text))
})
