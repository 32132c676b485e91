/** What a program is told of costs that uses the engine without a gateway. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DeferredStreaming, metricsOf, RequestContext } from '../../src/index.ts'
import { PriceCatalogue } from '../../src/prices/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'

const simulator = await startSimulator()
after(() => simulator.close())

const prices = await PriceCatalogue.bundled({ overrides: [{ match: 'sim/*', input: 1, output: 5, cacheRead: 0.1 }] })

const REQUEST = {
  method: 'POST',
  url: `${simulator.url}/v1/chat/completions`,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    ...{ model: 'sim/story', stream: true, stream_options: { include_usage: true } },
    messages: [{ role: 'user', content: 'Hi' }],
  }),
  handlerConfig: { formatContext: { source: 'chat', target: 'chat' }, prices },
} as const

test('metrics and context of a deferred stream have its cost', async () => {
  const requestContext = new RequestContext()
  const streaming = new DeferredStreaming({ ...REQUEST, requestContext })
  await (await streaming.toResponse()).text()
  const report = await streaming.report
  const { tokensInput, tokensOutput, cacheReadTokens, costUsd, priceSource } = metricsOf(report)
  const cached = cacheReadTokens ?? 0
  // 1, 0.1 and 5 dollars a million
  const micros = ((tokensInput as number) - cached) * 1 + cached * 0.1 + (tokensOutput as number) * 5
  assert.equal(costUsd, Number((micros / 1e6).toPrecision(12)))
  assert.equal(priceSource, 'config')
  assert.equal(requestContext.metrics?.costUsd, costUsd)
})

test('a client of a program is told when the program says so', async () => {
  const streaming = new DeferredStreaming({ ...REQUEST, exchange: { includesUsage: true } })
  const text = await (await streaming.toResponse()).text()
  const { cost } = await streaming.report
  assert.ok(text.includes(`"millrace":{"cost_usd":${cost?.usd},"price_source":"config","provenance":"reported"}`))
})

test('without prices there is no cost', async () => {
  const { prices: _, ...handlerConfig } = REQUEST.handlerConfig
  const streaming = new DeferredStreaming({ ...REQUEST, handlerConfig })
  await (await streaming.toResponse()).text()
  assert.equal((await streaming.report).cost, null)
})
