import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { logRecord } from './log.ts'

test('logRecord is the report under one name', () => {
  const report = reportOf('timeout')
  assert.deepEqual(logRecord(report), { exchange: report })
})

test('a model name cannot forge a line of the log', () => {
  const report = reportOf('completed')
  const model = { ...report.model, requested: 'gpt\r\n{"level":60}\u001b[2J' }
  const { exchange } = logRecord({ ...report, model }) as { exchange: typeof report }
  assert.equal(exchange.model.requested, String.raw`gpt\r\n{"level":60}\u001b[2J`)
})
