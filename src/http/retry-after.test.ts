import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 9, 21, 7, 28, 0)

const rows: readonly (readonly [headers: readonly string[], waitMs: number | undefined])[] = [
  [[], undefined],
  [['retry-after', '3'], 3000],
  [['Retry-After', '0'], 0],
  [['retry-after', ' 1.5 '], 1500],
  [['retry-after', '20', 'retry-after-ms', '250'], 250],
  [['retry-after', '20', 'retry-after-ms', 'soon'], 20_000],
  [['retry-after', 'Wed, 21 Oct 2026 07:28:30 GMT'], 30_000],
  [['retry-after', 'Wednesday, 21-Oct-26 07:28:30 GMT'], 30_000],
  [['retry-after', 'Wed Oct 21 07:28:30 2026'], 30_000],
  [['retry-after', 'Wed, 21 Oct 2026 07:00:00 GMT'], 0],
  [['retry-after', '-5'], undefined],
  [['retry-after', ''], undefined],
  [['retry-after', 'Infinity'], undefined],
  [['retry-after', '9'.repeat(400)], undefined],
  [['retry-after', 'Wed, whenever GMT'], undefined],
  [['retry-after', '2026-10-21T07:28:30Z'], undefined],
]

for (const [headers, waitMs] of rows)
  test(`"${headers.join(': ').slice(0, 60)}" asks to wait ${waitMs} ms`, () =>
    assert.equal(retryAfterMs(headers, NOW), waitMs))
