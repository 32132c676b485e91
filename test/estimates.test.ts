/** Usage of answers whose upstream did not tell it: estimated, said so, and never for an error. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { adapters } from '../src/exchange/index.ts'
import type { StreamReport } from '../src/observe/index.ts'
import { ask, requestOf } from './convert/asking.ts'
import { type Pairs, startPairs } from './convert/pairs.ts'

/** Half of forty words, each of which the simulator counts as one token; ours may be off by half. */
const HALF = { atLeast: 10, atMost: 40 }

/** "Hello" by its length, and what stands around a turn. */
const INPUT = 6

const DRAIN = { drain: { maxOutputTokens: 1000, maxMs: 60_000 } }

suite('an answer without the last word on its usage', () => {
  let pairs: Pairs
  let silent: Pairs
  let draining: Pairs
  /** Whose whole answers are collected from streams. */
  let told: Pairs
  before(async () => {
    pairs = await startPairs()
    silent = await startPairs({ upstream: { usage: 'never' } })
    told = await startPairs({ upstream: { streamOnly: true } })
    draining = await startPairs({ upstream: { onClientGone: DRAIN } })
  })
  after(() => Promise.all([pairs, silent, draining, told].map(each => each.close())))

  for (const { from, to } of adapters.pairs)
    for (const stream of [true, false])
      test(`${from} over ${to}, ${stream ? 'streamed' : 'whole'}, that breaks off`, async () => {
        const model = 'sim/story;words=40,fault=close,at=middle'
        const { report } = await ask(pairs.to(to), from, { model, stream })
        assert.equal(report.outcome, 'truncated')
        // What breaks off in one body has brought nothing that counts; Gemini counts as it goes.
        if (!stream && report.shape === 'whole') assert.equal(report.usage.provenance, 'none')
        else checkHalf(report, to)
      })

  for (const from of ['chat', 'messages'] as const)
    for (const stream of [true, false])
      test(`${from} over a chat upstream that tells no usage, ${stream ? 'streamed' : 'collected'}`, async () => {
        const model = `sim/story;words=40${stream ? '' : ',shape=stream'}`
        const { report } = await ask(silent.to('chat'), from, { model, stream })
        assert.deepEqual([report.outcome, report.usage.provenance], ['completed', 'estimated'])
        assert.equal(report.usage.input, INPUT)
        assert.ok((report.usage.output ?? 0) >= 30 && (report.usage.output ?? 0) <= 80, `${report.usage.output}`)
      })

  test('a client that wants its cost told is estimated as all others are', async () => {
    const model = 'sim/story;words=40,fault=close,at=middle'
    const headers = { 'x-millrace-usage': 'include' }
    const both = async (to: 'chat' | 'gemini') => {
      const wishes = [{ model }, { model, headers }]
      const asked = await Promise.all(wishes.map(wish => ask(told.to(to), 'messages', wish)))
      return asked.map(({ report }) => report.usage)
    }
    for (const to of ['chat', 'gemini'] as const) {
      const [plain, included] = await both(to)
      assert.deepEqual(included, plain)
    }
  })

  test('a long request is counted by the tokenizer', async () => {
    const model = 'sim/story;words=40,fault=close,at=middle'
    const messages = [{ role: 'user', content: 'flour '.repeat(2000) }]
    const { report } = await ask(pairs.to('chat'), 'chat', { model, stream: true, body: { messages } })
    const input = report.usage.input ?? 0
    // Two tokens a time or fewer; by its length it would be 3004.
    assert.ok(input > 2000 && input !== 3004, `${input}`)
    assert.equal(report.usage.provenance, 'estimated')
  })

  test('an error is not billed, whatever words it has', async () => {
    const model = 'sim/story;status=500,body=json'
    const { report } = await ask(pairs.to('chat'), 'chat', { model, stream: true })
    assert.deepEqual([report.outcome, report.usage.provenance, report.usage.output], ['failed', 'none', null])
  })

  test('a client that leaves is estimated, or its upstream is read on to its last word', async () => {
    const leave = async (from: Pairs) => {
      const gateway = from.to('chat')
      const [path, body] = requestOf('chat', { model: 'sim/story;words=40,delay=5', stream: true })
      const abort = new AbortController()
      const response = await fetch(gateway.url + path, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
        signal: abort.signal,
      })
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      for (let reads = 0; reads < 10; reads++) await reader.read()
      abort.abort()
      await reader.read().catch(() => undefined)
      return gateway.report(response.headers.get('x-millrace-request-id'))
    }
    const [cancelled, drained] = [await leave(pairs), await leave(draining)]
    assert.deepEqual([cancelled.outcome, cancelled.usage.provenance], ['cancelled', 'estimated'])
    assert.equal(cancelled.usage.input, INPUT)
    assert.deepEqual([drained.outcome, drained.usage.provenance], ['cancelled', 'reported'])
    assert.ok((drained.usage.output ?? 0) >= 40)
  })
})

function checkHalf({ usage }: StreamReport, to: string): void {
  const output = usage.output ?? 0
  assert.ok(output >= HALF.atLeast && output <= HALF.atMost, `${output} of half of 40`)
  assert.equal(usage.provenance, to === 'gemini' ? 'partial' : 'estimated')
  // Messages and Gemini upstreams tell it at once.
  if (to === 'chat' || to === 'responses') assert.equal(usage.input, INPUT)
}
