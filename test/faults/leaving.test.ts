/** Clients that leave: the upstream is closed within 250 ms, whatever the gateway was doing, and the report says so. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DialectName } from '../../src/dialects/index.ts'
import type { Shape } from '../../src/model/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import type { SeenRequest } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { RawClient } from '../raw-client.ts'
import { pathOf, streamRequest } from '../sdk/raw.ts'
import { type House, startHouse } from './house.ts'
import { modelOf, rulesFor, TRANSPORTS, titleOf, type Way, wantsOf } from './ways.ts'

/** The promise, in milliseconds. */
const CLOSED_WITHIN_MS = 250

interface Visit {
  readonly house: House
  readonly name: string
  readonly client: RawClient
}

interface Phase {
  readonly when: string
  /** Of the simulator. */
  readonly settings: string
  /** Resolves when the client may leave. */
  readonly reached: (visit: Visit) => Promise<unknown>
  /** What the client got until then. */
  readonly status: number | null
  readonly budgets?: 'held' | 'early'
}

const ERROR_BODY: Phase = {
  ...{ when: 'while an error body comes', settings: 'status=500,fault=stall,at=middle' },
  ...{ reached: hasHead, status: null },
}

/** Of a stream that passes. */
const PASSING: readonly Phase[] = [
  { when: 'before the head', settings: 'head=60000', reached: isAsked, status: null },
  { when: 'while the head is held back', settings: 'first=60000', reached: hasHead, status: null, budgets: 'held' },
  { when: 'behind an early head', settings: 'head=60000', reached: isOpen, status: 200, budgets: 'early' },
  { when: 'before the first token', settings: 'fault=stall,at=handshake', reached: isOpen, status: 200 },
  { when: 'in mid-stream', settings: 'words=5000,delay=10', reached: hasContent, status: 200 },
  { when: 'inside an event', settings: 'words=2,fault=drip,at=first,every=50', reached: hasContent, status: 200 },
  ERROR_BODY,
]

/** Of an answer that is waited for to its end: nothing of it has left. */
const AWAITED: readonly Phase[] = [
  { when: 'before the head', settings: 'head=60000', reached: isAsked, status: null },
  { when: 'while the answer comes', settings: 'words=500,delay=1000', reached: isComing, status: null },
  { when: 'in a silence', settings: 'words=12,fault=stall,at=middle', reached: isComing, status: null },
  ERROR_BODY,
]

/** What trails would be for an answer that nobody has seen. */
const TRAILING: Phase = {
  ...{ when: 'between finish and end', settings: 'words=12,fault=stall,at=finish' },
  ...{ reached: hasFinished, status: null },
}

const PHASES: Readonly<Record<Shape, readonly Phase[]>> = {
  stream: PASSING,
  whole: AWAITED,
  collect: [...AWAITED, TRAILING],
  expand: [
    ...AWAITED,
    {
      ...{ when: 'behind an early head', settings: 'fault=stall,at=middle', reached: isOpen, status: 200 },
      budgets: 'early',
    },
  ],
}

/** Where the finish is the last word the answer has been sent by then. */
function phasesOf({ upstream, shape }: Way): readonly Phase[] {
  return PHASES[shape].filter(phase => phase !== TRAILING || !ENDS_WITH_FINISH.has(upstream))
}

/** Dialects whose finish nothing can change. */
const ENDS_WITH_FINISH: ReadonlySet<DialectName> = new Set<DialectName>(['responses'])

const GEMINI: Way = { client: 'gemini', upstream: 'gemini', shape: 'stream' }

/** Its sockets fill slowly, and no dialect is special here: one relayed and one converted are enough. */
const UNREAD: Phase = { when: 'while it does not read', settings: 'words=60000', reached: isPaused, status: 200 }

for (const { transport, relayed, crossing, converted } of TRANSPORTS)
  suite(`a client that leaves an upstream that ${transport} asks`, () => {
    let house: House
    before(async () => {
      const budgets = {
        plain: {},
        held: { headHoldMs: 60_000 },
        early: { earlyHeadMs: 50 },
        stalling: { clientStallMs: 300 },
      }
      house = await startHouse({ transport, models: rulesFor(budgets), timeouts: { headHoldMs: 20, trailerMs: 400 } })
    })
    after(() => house.close())

    for (const way of [...relayed, ...converted.stream, ...converted.whole])
      for (const phase of phasesOf(way)) test(`${titleOf(way)}: ${phase.when}`, () => check(house, way, phase))

    for (const way of [...relayed, ...crossing])
      test(`${titleOf(way)}: after the last event, and was served`, async () => {
        const visit = await enter(house, way, 'plain', 'end', 'words=3,fault=stall,at=end')
        await visit.client.until(({ body }) => /"finish_?reason":"|message_stop|response\.completed/i.test(body))
        visit.client.leave()
        const report = await reportOf(visit)
        assert.partialDeepStrictEqual(report, { outcome: 'completed', error: null, usage: { provenance: 'reported' } })
        await eventually(() => hungUp(visit))
      })

    for (const way of converted.stream.filter(
      (way: Way) => way.shape === 'collect' && ENDS_WITH_FINISH.has(way.upstream),
    ))
      test(`${titleOf(way)}: after the finish, with the whole answer, though the upstream goes on`, async () => {
        const visit = await enter(house, way, 'plain', 'served', 'words=3,fault=stall,at=finish')
        await visit.client.until(({ body }) => body.includes('village'))
        visit.client.leave()
        const report = await reportOf(visit)
        assert.partialDeepStrictEqual(report, { outcome: 'completed', status: 200, error: null })
        await eventually(() => hungUp(visit))
      })

    for (const way of [GEMINI, ...crossing.slice(0, 1)])
      test(`${titleOf(way)}: ${UNREAD.when}`, () => check(house, way, UNREAD))

    test('gemini: without leaving, as it has not read for too long', async () => {
      const visit = await enter(house, GEMINI, 'stalling', 'stalled', 'words=60000')
      await visit.client.until(({ status }) => status === 200)
      visit.client.pause()
      const report = await reportOf(visit)
      assert.deepEqual(report.error, {
        code: 'cancelled',
        message: 'Client stopped reading: budget `clientStallMs` is spent',
      })
      await eventually(() => hungUp(visit))
      visit.client.leave()
    })

    test('in the middle of its request, and the upstream is not even asked', async () => {
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\ncontent-type: application/json\r\n`
      const client = await RawClient.send(house.port, `${head}content-length: 500\r\n\r\n{"model":"half`)
      const before = house.simulator.requests().length
      await sleep(50)
      client.leave()
      await eventually(async () =>
        (await reports(house)).find(({ status, outcome }) => outcome === 'cancelled' && status === null),
      )
      assert.equal(house.simulator.requests().length, before)
    })
  })

async function check(house: House, way: Way, phase: Phase): Promise<void> {
  const { when, settings, reached, status, budgets = 'plain' } = phase
  const visit = await enter(house, way, budgets, when, settings)
  await reached(visit)
  const leftAt = Date.now()
  visit.client.leave()
  const seen = await eventually(() => hungUp(visit))
  const report = await reportOf(visit)

  const delayMs = closedAt(seen) - leftAt
  assert.ok(delayMs <= CLOSED_WITHIN_MS, `Upstream was closed after ${delayMs} ms`)
  assert.partialDeepStrictEqual(report, { outcome: 'cancelled', status, error: { code: 'cancelled' } })
  assert.equal((await house.hooks(report.id)).at(-1), 'provider.stream.end')
}

async function enter(house: House, way: Way, budgets: string, when: string, settings: string): Promise<Visit> {
  const { client } = way
  const name = `${modelOf(way, budgets)} ${client} ${way.shape} ${when}`
  const model = client === 'gemini' ? encodeURIComponent(name) : name
  const members = client === 'chat' ? { stream_options: { include_usage: true } } : {}
  const isStream = wantsOf(way) === 'stream'
  const { body = '' } = streamRequest(client, model, isStream ? members : { stream: false })
  const path = pathOf(client, model, isStream)
  const fields = {
    host: `127.0.0.1:${house.port}`,
    'content-type': 'application/json',
    'x-sim': settings,
    'x-case': name,
  }
  return { house, name, client: await RawClient.post(house.port, path, JSON.parse(`${body}`), fields) }
}

function isAsked({ house, name }: Visit): Promise<unknown> {
  return house.seen(name)
}

function hasHead({ house, name }: Visit): Promise<unknown> {
  return eventually(async () => ((await house.seen(name)).headMs === null ? undefined : true))
}

function isOpen({ client }: Visit): Promise<unknown> {
  return client.until(({ status }) => status === 200)
}

function hasContent({ client }: Visit): Promise<unknown> {
  return client.until(({ body }) => body.includes('Below'))
}

/** A part of the answer is on its way. */
function isComing({ house, name }: Visit): Promise<unknown> {
  return eventually(async () => ((await house.seen(name)).frames > 0 ? true : undefined))
}

/** The twelve words have been sent, and a little later the finish too. */
async function hasFinished({ house, name }: Visit): Promise<void> {
  await eventually(async () => ((await house.seen(name)).frames > 12 ? true : undefined))
  await sleep(50)
}

/** The simulator can write no more: nobody takes anything off its hands. */
async function isPaused({ house, name, client }: Visit): Promise<void> {
  await client.until(({ status }) => status === 200)
  client.pause()
  for (let frames = -1, now = 0; frames !== now; ) {
    frames = now
    await sleep(80)
    now = (await house.seen(name)).frames
  }
}

async function hungUp({ house, name }: Visit): Promise<SeenRequest | undefined> {
  const seen = await house.seen(name)
  return seen.hungUp ? seen : undefined
}

function closedAt({ time, headMs, hungUpMs }: SeenRequest): number {
  return time + (headMs ?? 0) + (hungUpMs ?? Number.NaN)
}

/** A client that leaves before the head learns no id: its model's name tells it apart. */
function reportOf({ house, name }: Visit): Promise<StreamReport> {
  return eventually(async () => (await reports(house)).find(({ model }) => model.requested === name))
}

async function reports({ url }: House): Promise<readonly StreamReport[]> {
  const { streams } = (await (await fetch(`${url}/api/streams?limit=1000`)).json()) as { streams: StreamReport[] }
  return streams
}
