/** Answers without measure: a line that does not end, one that was packed small, events without number, a huge body. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { Pour, Upstream } from '../http-client/upstream.ts'
import { askRaw, pathOf, streamRequest } from '../sdk/raw.ts'
import { DIALECTS } from '../simulated.ts'
import type { Holdings } from './gateway-process.ts'
import { LoadedGateway } from './loaded-gateway.ts'

const MiB = 1024 * 1024

/** What a flood may add at its peak: V8 lets some 64 MiB of used buffers lie before it looks for them. */
const PEAK_BYTES = 128 * MiB

interface Flood {
  readonly dialect: DialectName
  /** Of the simulator. */
  readonly settings: string
  readonly outcome: StreamReport['outcome']
  readonly leastBytes: number
  readonly leastEvents: number
}

const FLOODS: readonly Flood[] = [
  // No meter reads a line without an end: one dialect is enough.
  {
    dialect: 'chat',
    settings: `fault=endless,size=${256 * MiB}`,
    outcome: 'truncated',
    leastBytes: 256 * MiB,
    leastEvents: 0,
  },
  // A hundred times its size is more than anything honest.
  { dialect: 'chat', settings: 'fault=endless,encoding=gzip', outcome: 'failed', leastBytes: 0, leastEvents: 0 },
  ...DIALECTS.map(dialect => {
    const counts = { leastBytes: 10_000_000, leastEvents: 1_000_000 }
    return { dialect, settings: 'fault=tiny', outcome: 'completed', ...counts } as const
  }),
]

suite('a flood', () => {
  let simulator: Simulator
  let gateway: LoadedGateway
  before(async () => {
    simulator = await startSimulator()
    gateway = await LoadedGateway.start(simulator.url)
    for (const dialect of DIALECTS) await askRaw(gateway.url.origin, streamRequest(dialect, 'sim/story'))
  })
  after(async () => {
    await gateway[Symbol.asyncDispose]()
    await simulator.close()
  })

  for (const { dialect, settings, outcome, leastBytes, leastEvents } of FLOODS)
    test(`${dialect}: ${settings} is ${outcome} and takes little memory`, async () => {
      const empty = await gateway.holdings()
      const { headers = [], ...question } = streamRequest(dialect, 'sim/story')
      const answer = await askRaw(gateway.url.origin, { ...question, headers: [...headers, 'x-sim', settings] })
      const report = await reportOf(gateway, getHeader(answer.headers, 'x-millrace-request-id'))
      assert.deepEqual([answer.isComplete, report.outcome], [outcome === 'completed', outcome])
      assert.ok(answer.body.length >= leastBytes && report.events >= leastEvents)
      await checkHoldings(gateway, empty)
    })
})

test('a whole body of 256 MiB passes, is metered, and takes little memory', async () => {
  const start = '{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"'
  const end = '"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}'
  const body = Buffer.concat([Buffer.from(start), Buffer.alloc(256 * MiB, 'x'), Buffer.from(end)])
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  await using upstream = await Upstream.start(socket => new Pour(head, body).into(socket))
  await using gateway = await LoadedGateway.start(upstream.url.origin)
  const empty = await gateway.holdings()
  const question = { path: pathOf('chat', 'm', false), headers: ['content-type', 'application/json'] }
  const answer = await askRaw(gateway.url.origin, { ...question, body: '{"model":"m","messages":[]}' })
  assert.ok(answer.body.equals(body))
  const report = await reportOf(gateway, getHeader(answer.headers, 'x-millrace-request-id'))
  assert.partialDeepStrictEqual(report, { outcome: 'completed', shape: 'whole', usage: { input: 7, output: 3 } })
  await checkHoldings(gateway, empty)
})

function reportOf({ url }: LoadedGateway, id: string | undefined): Promise<StreamReport> {
  return eventually(async () => {
    const response = await fetch(`${url.origin}/api/streams/${id}`)
    const body = await response.json()
    return response.ok ? (body as StreamReport) : undefined
  })
}

async function checkHoldings(gateway: LoadedGateway, before: Holdings): Promise<void> {
  const { peakBytes, complaints } = await gateway.holdings()
  assert.ok(peakBytes - before.rssBytes < PEAK_BYTES, `${(peakBytes - before.rssBytes) / MiB} MiB`)
  assert.deepEqual(complaints, [])
}
