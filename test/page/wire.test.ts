/** The page has its own words for what the gateway tells: that they are the same is proved by the compiler. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as page from '../../dashboard/src/wire.ts'
import type { LiveRow } from '../../src/gateway/page/live-row.ts'
import type { Overview } from '../../src/gateway/page/overview.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { reportOf } from '../reports.ts'

const report = (told: StreamReport): page.Report => told
const row = (told: LiveRow): page.LiveRow => told
const overview = (told: Overview): page.Overview => told

test('what the gateway tells is what the page takes it for', () => {
  assert.equal(report(reportOf('completed')).outcome, 'completed')
  assert.deepEqual([typeof row, typeof overview], ['function', 'function'])
})
