/** Silence: what keeps a client alive, between which events, and for how long. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { askRaw, streamRequest } from '../sdk/raw.ts'
import { READERS } from '../sdk/readers.ts'
import { WORDS } from './endings.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy, type Told, withoutMadeUp } from './sdks.ts'
import { CONVERTED, CROSSING, isRelayed, modelOf, RELAYED, rulesFor, titleOf, type Way } from './ways.ts'

/** What the gateway says when there is nothing to say. */
const PINGS = {
  chat: ': keep-alive\n\n',
  responses: ': keep-alive\n\n',
  messages: 'event: ping\ndata: {"type": "ping"}\n\n',
  gemini: '\r\n',
} as const satisfies Record<DialectName, string>

/** Budgets, by the name of the model that has them. */
const BUDGETS = {
  calm: {},
  pinged: { pingAfterMs: 60 },
  idle: { pingAfterMs: 60, idleMs: 800 },
  brief: { pingAfterMs: 60, totalMs: 800 },
  early: { pingAfterMs: 60, headMs: 1500, wholeHeadMs: 1500, earlyHeadMs: 100 },
}

type Budget = keyof typeof BUDGETS

const models = rulesFor(BUDGETS)
const timeouts = { headHoldMs: 20, trailerMs: 60_000 }

/** A whole body can only be waited for. */
const EXPANDED = CONVERTED.whole.filter(({ shape }) => shape === 'expand')

/** What can still go wrong behind an early head, and how the client hears of it. */
const LATE = [
  { fault: 'status=429', code: 'rate-limited', says: 'limited' },
  { fault: 'fault=reset,at=accept', code: 'upstream', says: 'upstream' },
  { fault: 'fault=stall,at=accept', code: 'timeout', says: 'timeout' },
  { fault: 'fault=close,at=head', code: 'truncated', says: 'truncated' },
] as const

suite('in a silence', { concurrency: 32 }, () => {
  let house: House
  /** Its events are longer than what it holds: they pass in pieces. */
  let tight: House
  before(async () => {
    house = await startHouse({ models, timeouts })
    tight = await startHouse({ models, timeouts, limits: { holdBytes: 100 } })
  })
  after(() => Promise.all([house.close(), tight.close()]))

  for (const way of [...RELAYED, ...CROSSING]) {
    const title = titleOf(way)
    const { client } = way
    const dripping = 'words=4,fault=drip,at=last,every=1'

    test(`${title}: pings stand between events that come byte by byte`, async () => {
      const plain = await read(house, way, 'calm', 'words=4')
      for (const place of isRelayed(way) ? [house, tight] : [house]) {
        const { body, report } = await read(place, way, 'pinged', dripping)
        const { rest, pings } = withoutPings(client, body)
        // The upstream's own pings may look like ours.
        const said = withoutPings(client, plain.body)
        assert.equal(rest, said.rest)
        assert.ok(pings > said.pings)
        assert.ok(report.edits.includes('ping'))
      }
    })

    test(`${title}: the SDK reads over the pings`, async () => {
      const [plain, pinged] = await Promise.all([
        tell(house, way, 'calm', 'words=4'),
        tell(house, way, 'pinged', dripping),
      ])
      assert.equal(pinged.error, undefined)
      assert.ok(pinged.text.length > plain.text.length)
      assert.deepEqual(READERS[client].fold(pinged.items), READERS[client].fold(plain.items))
    })

    test(`${title}: pings stop and an error comes when the idle budget is spent`, async () => {
      const { body, report, isComplete } = await read(house, way, 'idle', 'words=6,fault=stall,at=middle')
      const errorAt = body.search(/(?:event: error\n)?data: [^\n]*"error":\{/)
      assert.ok(withoutPings(client, body.slice(0, errorAt)).pings > 1)
      assert.equal(withoutPings(client, body.slice(errorAt)).pings, 0)
      assert.equal(isComplete, false)
      checkTimeout(report, 'idleMs', 800)
    })

    test(`${title}: content that keeps coming does not outlive the total budget`, async () => {
      const told = await tell(house, way, 'brief', 'words=900,delay=20')
      assert.equal(heardBy(client, told), WORDS.timeout[client])
      checkTimeout(await house.report(told.headers.get('x-millrace-request-id')), 'totalMs', 800)
    })

    test(`${title}: before the head the total budget is a status`, async () => {
      const { status, report } = await read(house, way, 'brief', 'head=10000')
      assert.equal(status, 504)
      checkTimeout(report, 'totalMs', 800)
    })
  }

  for (const way of [...RELAYED, ...CROSSING, ...EXPANDED]) {
    const title = titleOf(way)
    const { client } = way

    test(`${title}: an early head opens the client, and the answer follows`, async () => {
      const plain = await read(house, way, 'calm', 'words=4')
      const { status, headers, body, report } = await read(house, way, 'early', 'words=4,head=600')
      assert.equal(status, 200)
      assert.ok(body.startsWith(PINGS[client].repeat(2)))
      assert.equal(withoutPings(client, body).rest, withoutPings(client, plain.body).rest)
      assert.match(getHeader(headers, 'x-millrace-edits') ?? '', /early-head/)
      assert.partialDeepStrictEqual(report, { outcome: 'completed', edits: ['early-head', 'ping'] })
    })

    test(`${title}: after an early head an error as the first event is told in the stream`, async () => {
      const told = await tell(house, way, 'early', 'head=400,fault=texterror,at=head')
      assert.equal(heardBy(client, told), WORDS[isRelayed(way) ? 'text' : 'upstream'][client])
      const { status, outcome } = await house.report(told.headers.get('x-millrace-request-id'))
      assert.deepEqual([status, outcome], [200, 'failed'])
    })

    for (const { fault, code, says } of LATE)
      test(`${title}: after an early head ${fault} is told in the stream`, async () => {
        const told = await tell(house, way, 'early', `head=400,${fault}`)
        assert.equal(told.status, 200)
        assert.equal(heardBy(client, told), WORDS[says][client])
        const { status, error } = await house.report(told.headers.get('x-millrace-request-id'))
        assert.deepEqual([status, error?.code], [200, code])
      })
  }
})

function tell({ url }: House, way: Way, budget: Budget, settings: string): Promise<Told> {
  return ask(way.client, { url, model: modelOf(way, budget), headers: { 'x-sim': settings } })
}

async function read(house: House, way: Way, budget: Budget, settings: string) {
  // A usage frame that only the gateway asked for would be left out; one that passes in pieces cannot be.
  const members = way.client === 'chat' ? { stream_options: { include_usage: true } } : {}
  const model = modelOf(way, budget)
  const question = streamRequest(way.client, model, members)
  const answer = await askRaw(house.url, { ...question, headers: [...(question.headers ?? []), 'x-sim', settings] })
  const report = await house.report(getHeader(answer.headers, 'x-millrace-request-id'))
  // What is converted names the model as the client does, which is another for each budget.
  return { ...answer, body: withoutMadeUp(answer.body.toString('utf8')).replaceAll(model, 'mill'), report }
}

/** Takes out the pings that stand at the beginning, or after a blank line; what is left tells whether others were there. */
function withoutPings(dialect: DialectName, body: string): { readonly rest: string; readonly pings: number } {
  const ping = PINGS[dialect]
  let rest = ''
  let pings = 0
  for (let at = 0; at < body.length; ) {
    if (body.startsWith(ping, at)) {
      pings += 1
      at += ping.length
    } else {
      const frame = /^.*?(?:\r\n\r\n|\n\n|$)/s.exec(body.slice(at))?.[0] ?? ''
      rest += frame
      at += frame.length
    }
  }
  return { rest, pings }
}

/** Late is better than flaky: how late depends on who else uses the machine. */
function checkTimeout({ outcome, error, times }: StreamReport, budget: string, atLeastMs: number): void {
  assert.deepEqual([outcome, error?.code], ['timeout', 'timeout'])
  assert.match(error?.message ?? '', new RegExp(budget))
  assert.ok(times.totalMs >= atLeastMs && times.totalMs < atLeastMs + 5000, `${times.totalMs} ms`)
}
