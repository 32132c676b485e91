import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { metricsOf } from './metrics.ts'

test('metricsOf shows the usage of a report; without a price the cost is unknown', () => {
  assert.deepEqual(metricsOf(reportOf('completed')), {
    tokensInput: 21874,
    tokensOutput: 412,
    cacheReadTokens: 19200,
    cacheWriteTokens: 2400,
    cacheWrite1hTokens: 0,
    reasoningTokens: null,
    costUsd: 0.014508,
    provenance: 'reported',
    priceSource: 'genai-prices 0.1.8',
  })
})
