/** What becomes of a converted exchange, over real sockets: errors, cuts, leaving, turning, losses. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DialectName } from '../../src/dialects/index.ts'
import type { SeenRequest } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { RawClient } from '../raw-client.ts'
import { assertRaised, readStream } from '../sdk/readers.ts'
import { ask, requestOf, textIn } from './asking.ts'
import { PAIRS, type Pairs, startPairs } from './pairs.ts'

suite('a converted exchange', () => {
  let pairs: Pairs
  before(async () => {
    pairs = await startPairs({ timeouts: { headMs: 400, idleMs: 400, firstTokenMs: 400 } })
  })
  after(() => pairs.close())

  for (const { from, to } of PAIRS) {
    const title = (what: string) => `${what}: ${from} over ${to}`
    const gateway = () => pairs.to(to)
    const stream = (settings: string) => ask(gateway(), from, { stream: true, headers: { 'x-sim': settings } })

    test(title('a whole answer'), async () => {
      const { response, text, report } = await ask(gateway(), from)
      assert.equal(response.headers.get('content-type'), 'application/json')
      assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(text)))
      assert.match(textIn(text), /\w+/)
      assert.equal(JSON.parse(text)[from === 'gemini' ? 'modelVersion' : 'model'], 'sim/length')
      assert.partialDeepStrictEqual(report, {
        ...{ lane: 'convert', shape: 'whole', outcome: 'completed', finish: { reason: 'length' } },
        usage: { provenance: 'reported' },
      })
    })

    test(title('an error answer'), async () => {
      const { response, text, report } = await ask(gateway(), from, { headers: { 'x-sim': 'status=429,retryafter=7' } })
      assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
      assert.equal(typeof JSON.parse(text).error.message, 'string')
      assert.deepEqual([report.outcome, report.error?.code], ['failed', 'rate-limited'])
    })

    test(title('an error as the first event is a status'), async () => {
      const { response, text, report } = await stream('fault=error,at=head')
      assert.ok(response.status >= 400, `status ${response.status}`)
      assert.equal(response.headers.get('content-type'), 'application/json')
      assert.equal(typeof JSON.parse(text).error.message, 'string')
      assert.equal(report.outcome, 'failed')
    })

    test(title('an error in the stream raises the error of the SDK'), async () => {
      const { error } = await readStream(gateway().url, from, 'sim/story', { 'x-sim': 'fault=error,at=middle' })
      assertRaised(error, from, '')
    })

    test(title('a cut stream is an error and a cut'), async () => {
      for (const fault of ['close', 'torn', 'reset', 'fin']) {
        const { error, headers } = await readStream(gateway().url, from, 'sim/story', { 'x-sim': `fault=${fault}` })
        assert.ok(error instanceof Error, fault)
        const { outcome } = await gateway().report(headers.get('x-millrace-request-id'))
        assert.ok(['truncated', 'failed'].includes(outcome), `${fault}: ${outcome}`)
      }
    })

    test(title('a silent upstream is a 504, or an error after the head'), async () => {
      const before = await stream('fault=nohead,at=accept')
      assert.deepEqual([before.response.status, before.report.outcome], [504, 'timeout'])
      const { error, headers } = await readStream(gateway().url, from, 'sim/story', { 'x-sim': 'fault=stall' })
      assertRaised(error, from, 'idleMs')
      assert.equal((await gateway().report(headers.get('x-millrace-request-id'))).outcome, 'timeout')
    })

    test(title('a client that leaves closes the upstream within 250 ms'), async () => {
      const name = `${from} ${to}`
      const [path, body] = requestOf(from, { model: 'sim/long', stream: true })
      const { host } = new URL(gateway().url)
      const headers = { host, 'content-type': 'application/json', 'x-sim': 'delay=20', 'x-case': name }
      const client = await RawClient.post(Number(new URL(gateway().url).port), path, body, headers)
      await client.until(({ body }) => body.length > 1000)
      const leftAt = performance.now()
      client.leave()
      await eventually(() => seenOf(name)?.hungUp || undefined)
      assert.ok(performance.now() - leftAt < 250)
    })

    if (from === 'responses')
      test(title('a client that leaves after its terminal event is served'), async () => {
        const { host, port } = new URL(gateway().url)
        const [path, body] = requestOf(from, { stream: true })
        const client = await RawClient.post(Number(port), path, body, { host, 'content-type': 'application/json' })
        await client.until(({ body }) => body.includes('event: response.incomplete'))
        client.leave()
        const id = /x-millrace-request-id: (\S+)/.exec(client.head)?.[1]
        assert.partialDeepStrictEqual(await gateway().report(id), {
          ...{ outcome: 'completed', finish: { reason: 'length' }, usage: { provenance: 'reported' } },
        })
      })

    test(title('losses are told, or refused'), async () => {
      const [body, path] = ITS_OWN[from]
      const { response, report } = await ask(gateway(), from, { body })
      assert.match(response.headers.get('x-millrace-losses') ?? '', path)
      const lost = report.losses.filter(({ in: side, reason }) => side === 'request' && reason !== 'cosmetic')
      assert.match(lost[0]?.path ?? '', path)
      const refused = await ask(gateway(), from, { body, headers: { 'x-millrace-losses': 'refuse' } })
      assert.equal(refused.response.status, 400)
      assert.match(JSON.parse(refused.text).error.message, path)
      assert.equal(refused.report.outcome, 'refused')
    })

    test(title('credentials and headers go up in the words of the upstream'), async () => {
      const headers = {
        ...CREDENTIAL[from],
        ...{ 'anthropic-beta': 'b-1', 'openai-organization': 'o-1', 'x-own': '1', 'x-case': `words ${from} ${to}` },
      }
      await ask(gateway(), from, { headers, query: '?beta=true&key=sk-mine' })
      const seen = seenOf(`words ${from} ${to}`)
      assert.doesNotMatch(seen?.path ?? '', /beta=|key=/)
      const names = (seen?.headers ?? []).filter((_, at) => at % 2 === 0).map(name => name.toLowerCase())
      assert.ok(names.includes('x-own'))
      for (const name of ['anthropic-beta', 'openai-organization', 'authorization', 'x-api-key', 'x-goog-api-key'])
        assert.equal(names.filter(other => other === name).length, allowed(name, from, to), name)
    })

    test(title('a request that cannot be read is a 400'), async () => {
      const { response, text } = await ask(gateway(), from, { body: { messages: 7, input: 7, contents: 7 } })
      assert.equal(response.status, 400)
      assert.match(JSON.parse(text).error.message, /messages|input|contents/)
    })
  }

  function seenOf(name: string): SeenRequest | undefined {
    return pairs.simulator.requests().find(({ headers }) => headers[headers.indexOf('x-case') + 1] === name)
  }
})

/** What each dialect alone knows. */
const ITS_OWN = {
  chat: [{ logit_bias: { 7: 1 } }, /logit_bias/],
  responses: [{ truncation: 'auto' }, /truncation/],
  messages: [{ context_management: { edits: [] } }, /context_management/],
  gemini: [{ safetySettings: [] }, /safetySettings/],
} as const satisfies Record<DialectName, readonly [object, RegExp]>

const CREDENTIAL: Readonly<Record<DialectName, Readonly<Record<string, string>>>> = {
  chat: { authorization: 'Bearer sk-mine' },
  responses: { authorization: 'Bearer sk-mine' },
  messages: { 'x-api-key': 'sk-mine' },
  gemini: { 'x-goog-api-key': 'sk-mine' },
}

/** Those of its own vendor are for its own dialect; nobody's key goes where it was not allowed to. */
function allowed(name: string, from: DialectName, to: DialectName): number {
  const isOthers =
    (name.startsWith('openai-') && from !== 'chat' && from !== 'responses') ||
    (name.startsWith('anthropic-') && from !== 'messages')
  return isOthers && to !== from ? 1 : 0
}

const TURNED = [
  ['streamOnly', { streamOnly: true }, false, 'collect'],
  ['streaming: false', { streaming: false }, true, 'expand'],
] as const

for (const [name, upstream, stream, shape] of TURNED)
  suite(`an upstream with ${name}`, () => {
    let pairs: Pairs
    before(async () => {
      pairs = await startPairs({ upstream })
    })
    after(() => pairs.close())

    const ways = [...PAIRS, ...[...new Set(PAIRS.map(({ to }) => to))].map(to => ({ from: to, to }))]
    for (const { from, to } of ways) {
      test(`${from} over ${to} is answered as it asks`, async () => {
        const { response, text, report } = await ask(pairs.to(to), from, { stream })
        assert.equal(response.status, 200)
        assert.partialDeepStrictEqual(report, {
          lane: 'convert',
          shape,
          outcome: 'completed',
          usage: { provenance: 'reported' },
        })
        if (shape === 'collect') {
          assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(text)))
          assert.match(textIn(text), /\w+/)
        } else assert.equal(response.headers.get('content-type'), 'text/event-stream')
        assert.equal(asksForStream(pairs.simulator.requests().at(-1) as SeenRequest), shape === 'collect')
      })

      test(`${from} over ${to} gets errors as a status`, async () => {
        const headers = { 'x-sim': shape === 'collect' ? 'fault=error,at=middle' : 'status=503' }
        const { response, text, report } = await ask(pairs.to(to), from, { stream, headers })
        assert.ok(response.status >= 500, `status ${response.status}`)
        assert.equal(typeof JSON.parse(text).error.message, 'string')
        assert.equal(report.outcome, 'failed')
      })
    }

    test('its streams are legal for the SDKs', async () => {
      for (const { from, to } of ways) {
        const { error, items } = await readStream(pairs.to(to).url, from, 'sim/tools')
        assert.equal(error, undefined, `${from} over ${to}`)
        assert.ok(items.length > 2)
      }
    })
  })

function asksForStream({ path, body }: SeenRequest): boolean {
  return path.endsWith(':streamGenerateContent?alt=sse') || (JSON.parse(body) as { stream?: boolean }).stream === true
}

test('nothing is collected longer than its client waits', async () => {
  const pairs = await startPairs({ upstream: { streamOnly: true } })
  const { port, host } = new URL(pairs.to('chat').url)
  const [path, body] = requestOf('messages', { model: 'sim/long' })
  const client = await RawClient.post(Number(port), path, body, {
    host,
    'content-type': 'application/json',
    'x-sim': 'delay=20',
  })
  await sleep(200)
  const leftAt = performance.now()
  client.leave()
  await eventually(() => pairs.simulator.requests().find(({ hungUp }) => hungUp))
  assert.ok(performance.now() - leftAt < 250)
  await pairs.close()
})
