/** 512 places, and clients that come, stay, break off and go at random. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DialectName } from '../../src/dialects/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { seededRandom } from '../../src/simulator/random.ts'
import { eventually } from '../eventually.ts'
import { RawClient } from '../raw-client.ts'
import { streamRequest } from '../sdk/raw.ts'
import { DIALECTS } from '../simulated.ts'
import { LoadedGateway } from './loaded-gateway.ts'

const MiB = 1024 * 1024
const PLACES = 512
const VISITS_EACH = 4

/** What the upstream does. */
const UPSTREAMS = [
  'words=20,delay=3',
  'words=20,delay=3',
  'words=5,first=40',
  'head=40,words=5',
  'shape=whole',
  'status=429',
  'words=10,delay=3,fault=reset',
  'words=10,delay=3,fault=close,at=head',
  'words=10,delay=3,fault=error,at=first',
  'words=10,delay=3,fault=torn,at=last',
  'words=10,fault=stall',
  'fault=nohead',
]

/** How long a client stays if it hears no end, in milliseconds; the longest outlives every budget. */
const STAYS = [1000, 1000, 0, 5, 30, 90]

/** Of a hundred requests so many stop in the middle. */
const HALVES = 5

const HASTY = { headHoldMs: 20, headMs: 400, firstTokenMs: 400, idleMs: 400, trailerMs: 100, pingAfterMs: 100 }

suite('among 512 clients that come and go', () => {
  let simulator: Simulator
  let gateway: LoadedGateway
  before(async () => {
    simulator = await startSimulator()
    gateway = await LoadedGateway.start(simulator.url, {
      limits: { streams: PLACES, connections: 2 * PLACES },
      models: [
        { match: 'hasty', upstream: 'upstream', model: 'sim/story', timeouts: HASTY },
        { match: '*', upstream: 'upstream' },
      ],
    })
  })
  after(async () => {
    await gateway[Symbol.asyncDispose]()
    await simulator.close()
  })

  test('nothing is left behind', async () => {
    await visit(gateway, 1)
    const first = await gateway.holdings()
    await visit(gateway, 2)
    const second = await gateway.holdings()
    const grownBytes = second.liveBytes - first.liveBytes
    assert.ok(grownBytes < 4 * MiB, `${grownBytes / MiB} MiB`)
    assert.deepEqual(second.complaints, [])
    await eventually(async () => {
      const { resources } = await gateway.holdings()
      return 'TCPSocketWrap' in resources || 'Timeout' in resources ? undefined : true
    }, 100)
  })

  test('every way to end was among them', async () => {
    const response = await fetch(`${gateway.url.origin}/api/streams?limit=1000`)
    const { streams } = (await response.json()) as { readonly streams: readonly StreamReport[] }
    const seen = new Set(streams.map(({ outcome }) => outcome))
    for (const outcome of ['completed', 'failed', 'truncated', 'cancelled', 'timeout'] as const)
      assert.ok(seen.has(outcome), outcome)
  })

  test('every place is free again, and one more is refused', async () => {
    const guests = await Promise.all(
      Array.from({ length: PLACES }, () => enter(gateway, 'sim/story', 'chat', 'fault=stall,at=first')),
    )
    await Promise.all(guests.map(guest => guest.until(({ status }) => status === 200)))
    const late = await enter(gateway, 'sim/story', 'messages', 'words=1')
    await late.until(({ status }) => status > 0)
    assert.equal(late.status, 503)
    assert.match(late.head, /^retry-after: 1$/im)
    for (const guest of [...guests, late]) guest.leave()
  })
})

/** In each place one visitor after another. */
async function visit(gateway: LoadedGateway, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const come = () =>
    random() * 100 < HALVES ? breakOff(gateway) : enter(gateway, 'hasty', pick(DIALECTS), pick(UPSTREAMS))
  await Promise.all(
    Array.from({ length: PLACES }, async () => {
      for (let count = 0; count < VISITS_EACH; count++) {
        const client = await come()
        await hear(client, pick(STAYS))
        client.leave()
      }
    }),
  )
}

function enter({ url }: LoadedGateway, model: string, dialect: DialectName, settings: string): Promise<RawClient> {
  const { path, body } = streamRequest(dialect, model)
  const fields = { host: url.host, 'content-type': 'application/json', 'x-sim': settings }
  return RawClient.post(Number(url.port), path, JSON.parse(`${body}`), fields)
}

function breakOff({ url }: LoadedGateway): Promise<RawClient> {
  const head = `POST /v1/messages HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json`
  return RawClient.send(Number(url.port), `${head}\r\ncontent-length: 100\r\n\r\n{"model":"h`)
}

/** Reads to the end of the answer, or as long as the client stays. */
async function hear(client: RawClient, stayMs: number): Promise<void> {
  const leavesAt = performance.now() + stayMs
  const isOver = () => client.hasLastChunk || client.ending !== 'open' || client.status >= 400
  while (!isOver() && performance.now() < leavesAt) await sleep(10)
}
