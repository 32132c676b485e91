/** Answers through the gateway over real sockets, and what their reports say that they cost. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { DIALECTS, type DialectName } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { PriceCatalogue, parseCatalogue } from '../../src/prices/index.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { RawClient } from '../raw-client.ts'
import { askRaw, pathOf, streamRequest } from '../sdk/raw.ts'
import { messages, messagesFailed } from './streams.ts'
import { OVERRIDES, PRICES, VECTORS, type Vector } from './vectors.ts'

const NAMES = Object.values(DIALECTS).map(({ name }) => name)

const PROVIDERS = parseCatalogue(
  JSON.stringify([
    {
      ...{ id: 'mill', name: 'Mill', api_pattern: 'https://mill\\.example' },
      models: Object.entries(PRICES).map(([id, prices]) => ({ id, match: { equals: id }, prices })),
    },
  ]),
)

/** What the upstream says next, whatever it is asked. */
let script: { readonly frames: readonly string[]; readonly isHeld?: boolean }
let upstream: Server
let url: string
const gateways = new Map<string, TestGateway>()

before(async () => {
  upstream = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(script.frames.join(''))
    if (script.isHeld !== true) response.end()
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
})

after(async () => {
  for (const gateway of gateways.values()) await gateway.close()
  upstream.closeAllConnections()
  upstream.close()
})

async function gatewayTo(dialect: DialectName): Promise<TestGateway> {
  const known = gateways.get(dialect)
  if (known !== undefined) return known
  const priceBook = new PriceCatalogue(PROVIDERS, 'test', {
    upstreams: [{ name: 'upstream', baseUrls: {}, billedBy: 'mill' }],
    overrides: OVERRIDES,
  })
  const dialects = { [dialect]: `${url}/${dialect === 'gemini' ? 'v1beta' : 'v1'}` }
  const gateway = await startTestGateway(url, { upstream: { dialects, streamOnly: true }, priceBook })
  gateways.set(dialect, gateway)
  return gateway
}

async function reportOf(client: DialectName, from: DialectName, wants: 'stream' | 'whole'): Promise<StreamReport> {
  const gateway = await gatewayTo(from)
  const stream = streamRequest(client, 'asked-for')
  const whole = JSON.stringify({ ...JSON.parse(stream.body as string), stream: undefined })
  const question = wants === 'stream' ? stream : { ...stream, path: pathOf(client, 'asked-for', false), body: whole }
  const { headers } = await askRaw(gateway.url, question)
  return gateway.report(getHeader(headers, 'x-millrace-request-id'))
}

function check(vector: Vector, { cost, usage, outcome, lane }: StreamReport, way: string): void {
  const { usd, source = 'test', reportedCostUsd } = vector
  const { provenance = 'reported', convertedAs = provenance } = vector
  assert.deepEqual(cost, usd === null ? null : { usd, source }, way)
  assert.equal(usage.provenance, lane === 'convert' ? convertedAs : provenance, way)
  assert.equal(outcome, vector.outcome ?? 'completed', way)
  assert.equal(usage.reportedCostUsd, reportedCostUsd ?? null, way)
}

describe('what an answer cost, to every client', () => {
  for (const [name, vector] of Object.entries(VECTORS))
    test(name, async () => {
      script = vector.told
      for (const client of NAMES)
        for (const wants of ['stream', 'whole'] as const)
          check(vector, await reportOf(client, vector.told.dialect, wants), `${wants} to ${client}`)
    })
})

const ASKED = { input_tokens: 1000, output_tokens: 1 }

test('an answer whose client left costs what has been read, and is not said to be final', async () => {
  const { frames } = messages(ASKED, { output_tokens: 500 })
  script = { frames: frames.slice(0, 3), isHeld: true }
  for (const client of NAMES) {
    const gateway = await gatewayTo('messages')
    const { path, body } = streamRequest(client, 'asked-for')
    const socket = await RawClient.post(Number(new URL(gateway.url).port), path, JSON.parse(body as string), {
      'content-type': 'application/json',
      host: new URL(gateway.url).host,
    })
    await socket.until(({ received }) => received.includes('Flour'))
    const id = /x-millrace-request-id: (\S+)/i.exec(socket.received)?.[1]
    socket.leave()
    const { cost, usage, outcome } = await gateway.report(id)
    assert.equal(outcome, 'cancelled', client)
    assert.equal(usage.input, 1000, client)
    assert.ok(usage.provenance === 'partial' || usage.provenance === 'estimated', client)
    // 1000 × 3, and 15 for each token of what came, however it was counted
    assert.equal(cost?.usd, Number(((3000 + (usage.output as number) * 15) / 1e6).toPrecision(12)), client)
  }
})

test('an answer that failed after its content costs what has been read', async () => {
  script = messagesFailed(ASKED, true)
  for (const client of NAMES) {
    const { cost, usage, outcome } = await reportOf(client, 'messages', 'stream')
    assert.equal(outcome, 'failed', client)
    assert.notEqual(usage.provenance, 'reported', client)
    assert.equal(cost?.usd, Number(((3000 + (usage.output as number) * 15) / 1e6).toPrecision(12)), client)
    // One word of text: its error is longer, and not billed.
    assert.ok((usage.output as number) <= 4, client)
  }
})
