import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { logRecord } from './log.ts'

test('logRecord is flat and leaves out what is unknown', () => {
  assert.deepEqual(logRecord(reportOf('timeout')), {
    id: 'req_7e8f90a1b2c34d5e96f7a8b9c0d1e2f3',
    time: '2026-11-03T09:20:00.412Z',
    clientDialect: 'gemini',
    upstream: 'google',
    upstreamDialect: 'gemini',
    lane: 'relay',
    modelRequested: 'gemini-4-flash',
    modelSent: 'gemini-4-flash',
    status: 504,
    outcome: 'timeout',
    errorCode: 'timeout',
    errorMessage: 'Upstream took too long: budget `headMs` is spent',
    usageProvenance: 'none',
    totalMs: 300000.3,
    bytesIn: 0,
    bytesOut: 152,
    events: 0,
    attempts: 1,
  })
})

test('logRecord names tokens, times, finish and edits', () => {
  const completed = logRecord({ ...reportOf('completed'), edits: ['model', 'ping'] })
  assert.deepEqual(
    [completed.edits, completed.finishReason, completed.finishRaw, completed.inputTokens, completed.cacheWrite1hTokens],
    ['model,ping', 'tool-calls', 'tool_use', 21874, 0],
  )
  assert.deepEqual(
    [completed.firstTokenMs, 'reasoningTokens' in completed, 'errorCode' in completed],
    [2210.7, false, false],
  )
})

test('a model name cannot forge a line of the log', () => {
  const report = reportOf('completed')
  const model = { ...report.model, requested: 'gpt\r\n{"level":60}\u001b[2J' }
  assert.equal(logRecord({ ...report, model }).modelRequested, String.raw`gpt\r\n{"level":60}\u001b[2J`)
})
