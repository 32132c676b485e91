import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reports } from '../../test/reports.ts'
import { FAILURES } from '../errors.ts'
import { provenanceOf, reportedUsage } from './report.ts'

test('the docs show one report for each outcome, all with the same members', () => {
  assert.deepEqual(
    reports.map(({ outcome }) => outcome),
    ['completed', 'failed', 'truncated', 'cancelled', 'timeout', 'refused'],
  )
  const shape = (value: object) => JSON.stringify(Object.keys(value))
  for (const report of reports) {
    assert.equal(shape(report), shape(reports[0] as object))
    assert.equal(shape(report.usage), shape(reportedUsage({}, 'none')))
    assert.equal(shape(report.times), shape((reports[0] as (typeof reports)[number]).times))
    assert.equal(report.error === null, report.outcome === 'completed')
    assert.ok(report.error === null || Object.hasOwn(FAILURES, report.error.code))
  }
})

test('usage is null where nobody said, and an explicit zero stays', () => {
  assert.deepEqual(reportedUsage({ input: 12, cacheRead: 0 }, 'partial'), {
    input: 12,
    cacheRead: 0,
    cacheWrite: null,
    cacheWrite1h: null,
    output: null,
    reasoning: null,
    audioInput: null,
    audioOutput: null,
    serverTools: null,
    reportedCostUsd: null,
    provenance: 'partial',
  })
})

test('provenance tells the final word from a running one and from none', () => {
  assert.equal(provenanceOf({ usage: { output: 0 }, isUsageFinal: true }), 'reported')
  assert.equal(provenanceOf({ usage: { output: 0 }, isUsageFinal: false }), 'partial')
  assert.equal(provenanceOf({ usage: {}, isUsageFinal: true }), 'none')
})
