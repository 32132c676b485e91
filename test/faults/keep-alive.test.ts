/** Silence: what keeps a client alive, between which events, and for how long. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { askRaw, streamRequest } from '../sdk/raw.ts'
import { READERS } from '../sdk/readers.ts'
import { DIALECTS } from '../simulated.ts'
import { WORDS } from './endings.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy } from './sdks.ts'

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
  early: { pingAfterMs: 60, headMs: 1500, earlyHeadMs: 100 },
}

type Model = keyof typeof BUDGETS

const models = Object.entries(BUDGETS).map(([match, timeouts]) => {
  return {
    match,
    upstream: 'upstream',
    model: 'sim/story',
    timeouts: { headHoldMs: 20, trailerMs: 60_000, ...timeouts },
  }
})

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
    house = await startHouse({ models })
    tight = await startHouse({ models, limits: { holdBytes: 100 } })
  })
  after(() => Promise.all([house.close(), tight.close()]))

  for (const dialect of DIALECTS) {
    const dripping = 'words=4,fault=drip,at=last,every=1'

    test(`${dialect}: pings stand between events that come byte by byte`, async () => {
      const plain = await read(house, dialect, 'calm', 'words=4')
      for (const place of [house, tight]) {
        const { body, report } = await read(place, dialect, 'pinged', dripping)
        const { rest, pings } = withoutPings(dialect, body)
        assert.equal(rest, plain.body)
        assert.ok(pings > 0)
        assert.ok(report.edits.includes('ping'))
      }
    })

    test(`${dialect}: the SDK reads over the pings`, async () => {
      const [plain, pinged] = await Promise.all([
        ask(dialect, { url: house.url, model: 'calm', headers: { 'x-sim': 'words=4' } }),
        ask(dialect, { url: house.url, model: 'pinged', headers: { 'x-sim': dripping } }),
      ])
      assert.equal(pinged.error, undefined)
      assert.ok(pinged.text.length > plain.text.length)
      assert.deepEqual(READERS[dialect].fold(pinged.items), READERS[dialect].fold(plain.items))
    })

    test(`${dialect}: pings stop and an error comes when the idle budget is spent`, async () => {
      const { body, report, isComplete } = await read(house, dialect, 'idle', 'words=6,fault=stall,at=middle')
      const errorAt = body.search(/(?:event: error\n)?data: [^\n]*"error":\{/)
      assert.ok(withoutPings(dialect, body.slice(0, errorAt)).pings > 1)
      assert.equal(withoutPings(dialect, body.slice(errorAt)).pings, 0)
      assert.equal(isComplete, false)
      checkTimeout(report, 'idleMs', 800)
    })

    test(`${dialect}: content that keeps coming does not outlive the total budget`, async () => {
      const told = await ask(dialect, { url: house.url, model: 'brief', headers: { 'x-sim': 'words=900,delay=20' } })
      assert.equal(heardBy(dialect, told), WORDS.timeout[dialect])
      checkTimeout(await house.report(told.headers.get('x-millrace-request-id')), 'totalMs', 800)
    })

    test(`${dialect}: before the head the total budget is a status`, async () => {
      const { status, report } = await read(house, dialect, 'brief', 'head=10000')
      assert.equal(status, 504)
      checkTimeout(report, 'totalMs', 800)
    })

    test(`${dialect}: an early head opens the client, and the answer follows`, async () => {
      const plain = await read(house, dialect, 'calm', 'words=4')
      const { status, headers, body, report } = await read(house, dialect, 'early', 'words=4,head=600')
      assert.equal(status, 200)
      assert.ok(body.startsWith(PINGS[dialect].repeat(2)))
      assert.equal(withoutPings(dialect, body).rest, plain.body)
      assert.match(getHeader(headers, 'x-millrace-edits') ?? '', /early-head/)
      assert.partialDeepStrictEqual(report, { outcome: 'completed', edits: ['early-head', 'ping'] })
    })

    for (const { fault, code, says } of LATE)
      test(`${dialect}: after an early head ${fault} is told in the stream`, async () => {
        const told = await ask(dialect, { url: house.url, model: 'early', headers: { 'x-sim': `head=400,${fault}` } })
        assert.equal(told.status, 200)
        assert.equal(heardBy(dialect, told), WORDS[says][dialect])
        const { status, error } = await house.report(told.headers.get('x-millrace-request-id'))
        assert.deepEqual([status, error?.code], [200, code])
      })
  }
})

async function read(house: House, dialect: DialectName, model: Model, settings: string) {
  // A usage frame that only the gateway asked for would be left out; one that passes in pieces cannot be.
  const members = dialect === 'chat' ? { stream_options: { include_usage: true } } : {}
  const question = streamRequest(dialect, model, members)
  const answer = await askRaw(house.url, { ...question, headers: [...(question.headers ?? []), 'x-sim', settings] })
  const report = await house.report(getHeader(answer.headers, 'x-millrace-request-id'))
  return { ...answer, body: answer.body.toString('utf8'), report }
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
