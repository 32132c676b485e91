/** What a collector is told of exchanges: names and attributes of the conventions, links, times. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { Telemetry, type TelemetryOptions } from '../../src/telemetry/index.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { RawClient } from '../raw-client.ts'
import { DIALECTS, STREAMS, USER } from '../simulated.ts'
import { Collector, type ReceivedSpan } from './collector.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const SERVER = 2
const CLIENT = 3
const ERROR = 2
const FAST = { spansEveryMs: 20, metricsEveryMs: 100, timeoutMs: 1000, closeMs: 2000 }
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
/** An upstream of one dialect that is not the client's. */
const FOREIGN: Readonly<Record<DialectName, DialectName>> = {
  ...{ chat: 'messages', responses: 'gemini', messages: 'responses', gemini: 'chat' },
}
const OPERATIONS = { chat: 'chat', responses: 'chat', messages: 'chat', gemini: 'generate_content' } as const
const PROVIDERS = { chat: 'openai', responses: 'openai', messages: 'anthropic', gemini: 'gcp.gen_ai' } as const

suite('a collector of OpenTelemetry', () => {
  let simulator: Simulator
  let collector: Collector
  before(async () => {
    simulator = await startSimulator()
    collector = await Collector.start()
  })
  after(async () => {
    await simulator.close()
    await collector.close()
  })

  suite('is told of every exchange', () => {
    let gateway: Traced
    before(async () => {
      gateway = await startTraced()
    })
    after(() => gateway.close())

    for (const dialect of DIALECTS)
      for (const way of ['relayed', 'converted'] as const)
        for (const form of ['stream', 'whole'] as const)
          test(`${dialect}, ${way}, ${form}`, async () => {
            const asked = way === 'relayed' ? dialect : FOREIGN[dialect]
            const model = way === 'relayed' ? 'sim/thinking' : `to-${asked}/sim/thinking`
            const { id } = await call(gateway, dialect, { model, isStream: form === 'stream' })
            const report = await gateway.report(id)
            const [exchange, attempt] = (await collector.spansOf(id)) as readonly [ReceivedSpan, ReceivedSpan]

            assert.equal(exchange.name, `${OPERATIONS[dialect]} ${report.model.requested}`)
            assert.equal(exchange.kind, SERVER)
            assert.equal(exchange.parentSpanId, undefined)
            assert.equal(exchange.status, 0)
            assert.equal(exchange.attributes['millrace.outcome'], 'completed')
            assert.equal(exchange.attributes['millrace.lane'], report.lane)
            assert.equal(exchange.attributes['http.response.status_code'], 200)
            assert.equal(exchange.resource['service.name'], 'millrace')
            assert.equal(exchange.attributes['gen_ai.usage.input_tokens'], undefined)

            assert.equal(attempt.name, `${OPERATIONS[asked]} sim/thinking`)
            assert.equal(attempt.kind, CLIENT)
            assert.equal(attempt.traceId, exchange.traceId)
            assert.equal(attempt.parentSpanId, exchange.spanId)
            assert.equal(attempt.status, 0)
            assert.ok(exchange.startNs <= attempt.startNs && attempt.startNs <= attempt.endNs)
            assert.ok(attempt.endNs <= exchange.endNs)
            const { attributes } = attempt
            const expected = {
              'gen_ai.operation.name': OPERATIONS[asked],
              'gen_ai.provider.name': PROVIDERS[asked],
              'gen_ai.request.model': 'sim/thinking',
              'gen_ai.request.stream': form === 'stream' ? true : undefined,
              'gen_ai.response.model': 'sim/thinking',
              'gen_ai.response.id': report.answerId,
              'gen_ai.response.finish_reasons': [report.finish?.raw],
              'gen_ai.usage.input_tokens': report.usage.input,
              'gen_ai.usage.output_tokens': report.usage.output,
              'gen_ai.usage.cache_read.input_tokens': report.usage.cacheRead ?? undefined,
              'gen_ai.usage.reasoning.output_tokens': report.usage.reasoning ?? undefined,
              'server.address': '127.0.0.1',
              'server.port': simulator.port,
              'http.response.status_code': 200,
              'error.type': undefined,
              'openai.api.type': { chat: 'chat_completions', responses: 'responses' }[asked as string],
            }
            for (const [name, value] of Object.entries(expected)) assert.deepEqual(attributes[name], value, name)
            const first = attributes['gen_ai.response.time_to_first_chunk']
            assert.equal(typeof first, form === 'stream' ? 'number' : 'undefined')
          })

    test('what failed is an error of the call, and of the server unless the client made the mistake', async () => {
      const limited = await call(gateway, 'chat', { settings: 'status=429' })
      const [exchange, attempt] = (await collector.spansOf(limited.id)) as readonly [ReceivedSpan, ReceivedSpan]
      assert.deepEqual([exchange.status, attempt.status], [0, ERROR])
      assert.deepEqual(
        [exchange, attempt].map(({ attributes }) => attributes['error.type']),
        ['rate-limited', 'rate-limited'],
      )
      assert.equal(attempt.attributes['http.response.status_code'], 429)
      assert.deepEqual(attempt.attributes['gen_ai.response.finish_reasons'], ['error'])
      assert.equal(attempt.statusMessage, undefined)

      const torn = await call(gateway, 'messages', { settings: 'fault=close,at=first' })
      const spans = await collector.spansOf(torn.id)
      assert.deepEqual(
        spans.map(({ status }) => status),
        [ERROR, ERROR],
      )
      assert.deepEqual(
        spans.map(({ attributes }) => attributes['error.type']),
        ['truncated', 'truncated'],
      )
    })

    test('a client that leaves is no error', async () => {
      const { host, port } = new URL(gateway.url)
      const [path, body] = STREAMS.chat
      const headers = { ...JSON_TYPE, host, 'x-sim': 'fault=stall,at=first' }
      const client = await RawClient.post(Number(port), path, body, headers)
      await client.until(({ status }) => status === 200)
      const id = /x-millrace-request-id: (\S+)/i.exec(client.head)?.[1] as string
      client.leave()
      const [exchange, attempt] = (await collector.spansOf(id)) as readonly [ReceivedSpan, ReceivedSpan]
      assert.equal(exchange.attributes['millrace.outcome'], 'cancelled')
      assert.deepEqual([exchange.status, attempt.status, attempt.attributes['error.type']], [0, 0, undefined])
      assert.deepEqual(attempt.attributes['gen_ai.response.finish_reasons'], ['error'])
    })

    test('what was refused has a span and no call', async () => {
      const refused = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: '[',
      })
      const [exchange] = await collector.spansOf(refused.headers.get('x-millrace-request-id'), 0)
      assert.equal(exchange?.attributes['millrace.outcome'], 'refused')
      assert.equal(exchange?.attributes['http.response.status_code'], 400)
      assert.equal(exchange?.status, 0)
    })

    test('other calls of an API are told as what they are', async () => {
      const answer = await fetch(`${gateway.url}/v1/embeddings?key=hidden`, {
        ...{ method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ model: 'emb', input: 'words' }) },
      })
      const [exchange, attempt] = await collector.spansOf(answer.headers.get('x-millrace-request-id'))
      assert.deepEqual([exchange?.name, attempt?.name], ['embeddings emb', 'embeddings emb'])
      assert.equal(exchange?.attributes['url.path'], '/v1/embeddings')
    })

    test('nothing of prompts and answers is in any attribute', async () => {
      const calls = [
        await call(gateway, 'chat', { model: 'sim/echo' }),
        await call(gateway, 'messages', { model: 'to-chat/sim/echo' }),
        await call(gateway, 'chat', { settings: 'status=400' }),
      ]
      for (const { id } of calls) await collector.spansOf(id)
      const all = JSON.stringify(collector.spans, (_, value) => (typeof value === 'bigint' ? String(value) : value))
      for (const word of ['flour', 'Mehl', 'mill and', 'simulated error']) assert.ok(!all.includes(word), word)
      assert.ok(!all.includes('gen_ai.input.messages') && !all.includes('gen_ai.output.messages'))
    })

    test('hostile names stay short and on one line', async () => {
      const { id } = await call(gateway, 'chat', { model: `a\nb\u001b${'x'.repeat(1000)}` })
      const [exchange] = await collector.spansOf(id)
      assert.match(exchange?.name ?? '', /^chat a\\nb\\u001bx+$/)
      assert.ok((exchange?.name.length ?? 0) < 300)
      const secret = await call(gateway, 'chat', { model: 'sk-abcdefghijklmnop' })
      const names = (await collector.spansOf(secret.id)).map(({ name }) => name)
      assert.deepEqual(names, ['chat [redacted]', 'chat [redacted]'])
    })

    test('metrics have the names, units and attributes of the conventions', async () => {
      const durations = await collector.pointsOf('gen_ai.client.inference.duration', points =>
        points.some(({ attributes }) => attributes['error.type'] === 'rate-limited'),
      )
      const relayed = durations.find(
        ({ attributes }) =>
          attributes['gen_ai.provider.name'] === 'anthropic' && attributes['gen_ai.request.model'] === 'sim/thinking',
      )
      assert.equal(relayed?.unit, 's')
      assert.deepEqual(relayed?.bounds.slice(0, 4), [0.01, 0.02, 0.04, 0.08])
      assert.ok((relayed?.count ?? 0) >= 4 && (relayed?.sum ?? 0) > 0)
      assert.deepEqual(Object.keys(relayed?.attributes ?? {}).sort(), [
        ...['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'gen_ai.response.model'],
        ...['server.address', 'server.port'],
      ])
      for (const name of ['time_to_first_chunk', 'operation.input_tokens', 'operation.output_tokens'])
        assert.ok(
          (await collector.pointsOf(`gen_ai.client.inference.${name}`)).every(({ type }) => type === 'histogram'),
        )
      for (const kind of ['input_tokens', 'output_tokens', 'cache_read.input_tokens', 'reasoning.output_tokens']) {
        const points = await collector.pointsOf(`gen_ai.client.inference.usage.${kind}`)
        assert.ok(points.every(({ type, unit }) => type === 'sum' && unit === '{token}'))
        assert.ok(points.every(({ attributes }) => attributes['gen_ai.token.modality'] !== undefined))
        assert.ok(points.reduce((sum, { value }) => sum + value, 0) > 0, kind)
      }
      const perChunk = await collector.pointsOf('gen_ai.client.inference.time_per_output_chunk')
      assert.deepEqual(perChunk[0]?.bounds, [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
    })
  })

  suite('and traces go on', () => {
    let gateway: Traced
    before(async () => {
      gateway = await startTraced()
    })
    after(() => gateway.close())

    test('from the client, through us, to the upstream', async () => {
      const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=a1, other=b:2' }
      const { id } = await call(gateway, 'chat', { headers })
      const [exchange, attempt] = (await collector.spansOf(id)) as readonly [ReceivedSpan, ReceivedSpan]
      assert.deepEqual([exchange.traceId, exchange.parentSpanId], [TRACE, PARENT])
      assert.equal(exchange.traceState, 'vendor=a1,other=b:2')
      assert.deepEqual(lastTraced(), [`00-${TRACE}-${attempt.spanId}-01`, 'vendor=a1,other=b:2'])
    })

    test('into a converted request', async () => {
      const headers = { traceparent: `00-${TRACE}-${PARENT}-01` }
      const { id } = await call(gateway, 'gemini', { headers, model: 'to-chat/sim/length' })
      const [, attempt] = await collector.spansOf(id)
      assert.deepEqual(lastTraced(), [`00-${TRACE}-${attempt?.spanId}-01`, undefined])
    })

    test('from us where nobody began one', async () => {
      const { id } = await call(gateway, 'messages', {})
      const [exchange, attempt] = (await collector.spansOf(id)) as readonly [ReceivedSpan, ReceivedSpan]
      assert.match(exchange.traceId, /^(?!0+$)[\da-f]{32}$/)
      assert.deepEqual(lastTraced(), [`00-${exchange.traceId}-${attempt.spanId}-01`, undefined])
    })

    test('unless what the client sends is none', async () => {
      const headers = { traceparent: `00-${TRACE.toUpperCase()}-${PARENT}-01`, tracestate: 'vendor=a1' }
      const { id } = await call(gateway, 'chat', { headers })
      const [exchange] = (await collector.spansOf(id)) as readonly [ReceivedSpan]
      assert.notEqual(exchange.traceId, TRACE)
      assert.deepEqual([exchange.parentSpanId, lastTraced()[1]], [undefined, undefined])
    })

    test('one that the client does not want is not told, and the upstream hears the same', async () => {
      const trace = TRACE.replace('4bf9', 'beef')
      await call(gateway, 'chat', { headers: { traceparent: `00-${trace}-${PARENT}-00` } })
      const [parent] = lastTraced()
      assert.match(parent ?? '', new RegExp(`^00-${trace}-(?!${PARENT})[\\da-f]{16}-00$`))
      const { id } = await call(gateway, 'chat', {})
      await collector.spansOf(id)
      assert.ok(collector.spans.every(({ traceId }) => traceId !== trace))
    })

    test('where nothing is told, the headers of the client cross as they are', async () => {
      const plain = await startTestGateway(simulator.url)
      try {
        const odd = { traceparent: `00-${TRACE.toUpperCase()}-zz`, tracestate: 'b=2,,a = 1' }
        await call(plain, 'chat', { headers: odd })
        assert.deepEqual(lastTraced(), [odd.traceparent, odd.tracestate])
      } finally {
        await plain.close()
      }
    })
  })

  test('a ratio of none tells no spans, and measures all the same', async () => {
    const gateway = await startTraced({ sampleRatio: 0, service: 'unsampled' })
    try {
      await call(gateway, 'chat', {})
      assert.match(lastTraced()[0] ?? '', /-00$/)
      await collector.pointsOf('gen_ai.client.inference.duration')
    } finally {
      await gateway.close()
    }
    assert.ok(collector.spans.every(({ resource }) => resource['service.name'] !== 'unsampled'))
  })

  test('contents are told on wish, in the shapes of the conventions, and without secrets', async () => {
    const secret = 'a-secret-of-the-configuration'
    const gateway = await startTraced({
      content: true,
      secrets: [secret],
      headers: { authorization: 'Bearer of-ours' },
    })
    try {
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: `My key is ${secret}` },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'done' },
        { role: 'user', content: USER },
      ]
      for (const model of ['sim/echo', 'to-messages/sim/echo']) {
        const { id } = await call(gateway, 'chat', { body: { model, messages } })
        const [exchange, attempt] = await collector.spansOf(id)
        const { attributes } = attempt as ReceivedSpan
        const parsed = (name: string) => JSON.parse(attributes[name] as string)
        assert.deepEqual(parsed('gen_ai.system_instructions'), [{ type: 'text', content: 'Be brief.' }])
        assert.deepEqual(parsed('gen_ai.input.messages'), [
          { role: 'user', parts: [{ type: 'text', content: 'My key is [redacted]' }] },
          { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'f', arguments: { a: 1 } }] },
          { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'done' }] },
          { role: 'user', parts: [{ type: 'text', content: USER }] },
        ])
        assert.deepEqual(parsed('gen_ai.output.messages'), [
          { role: 'assistant', parts: [{ type: 'text', content: USER }] },
        ])
        assert.equal(exchange?.attributes['gen_ai.input.messages'], undefined)
      }
      const sent = collector.requests.at(-1)
      assert.equal(sent?.headers.authorization, 'Bearer of-ours')
    } finally {
      await gateway.close()
    }
  })

  test('a long content is cut, and stays JSON', async () => {
    const gateway = await startTraced({ content: true })
    try {
      const turns = Array.from({ length: 40 }, (_, at) => ({ role: 'user', content: `${at} ${'long '.repeat(4000)}` }))
      const { id } = await call(gateway, 'chat', { body: { model: 'sim/story', messages: turns } })
      const [, attempt] = await collector.spansOf(id)
      const text = attempt?.attributes['gen_ai.input.messages'] as string
      assert.ok(text.length < 140_000, String(text.length))
      const kept = JSON.parse(text) as { parts: { content: string }[] }[]
      assert.ok(kept.length >= 7 && kept.at(-1)?.parts[0]?.content.startsWith('39 long'))
    } finally {
      await gateway.close()
    }
  })

  async function startTraced(options: Partial<TelemetryOptions> = {}): Promise<Traced> {
    const warnings: string[] = []
    const log = { info() {}, warn: (record: object) => void warnings.push(JSON.stringify(record)), error() {} }
    const telemetry = new Telemetry({ otlp: collector.url, ...FAST, log, ...options })
    const base = (dialect: DialectName) => `${simulator.url}/${dialect === 'gemini' ? 'v1beta' : 'v1'}`
    const upstreams = Object.fromEntries(
      DIALECTS.map(dialect => [`only-${dialect}`, { dialects: { [dialect]: base(dialect) } }]),
    )
    const models = DIALECTS.flatMap(dialect =>
      ['sim/thinking', 'sim/length', 'sim/echo'].map(model => ({
        ...{ match: `to-${dialect}/${model}`, upstream: `only-${dialect}`, model },
      })),
    )
    const gateway = await startTestGateway(simulator.url, { telemetry, upstreams, models, log })
    return {
      ...gateway,
      telemetry,
      warnings,
      async close() {
        await gateway.close()
        await telemetry.close()
      },
    }
  }

  /** The trace headers of the last request that the upstream got. */
  function lastTraced(): readonly [string | undefined, string | undefined] {
    const headers = simulator.requests().at(-1)?.headers ?? []
    return [getHeader(headers, 'traceparent'), getHeader(headers, 'tracestate')]
  }
})

interface Traced extends TestGateway {
  readonly telemetry: Telemetry
  readonly warnings: readonly string[]
}

interface Call {
  readonly model?: string
  readonly isStream?: boolean
  readonly settings?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

/** Calls a model, and reads what it says to the end. */
async function call(
  { url }: Pick<TestGateway, 'url'>,
  dialect: DialectName,
  { model = 'sim/length', isStream = true, settings, headers = {}, body }: Call,
): Promise<{ readonly id: string }> {
  const [path, asked] = STREAMS[dialect]
  const method = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'
  const isGemini = dialect === 'gemini'
  const response = await fetch(`${url}${isGemini ? `/v1beta/models/${encodeURIComponent(model)}:${method}` : path}`, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers, ...(settings === undefined ? {} : { 'x-sim': settings }) },
    body: JSON.stringify(body ?? (isGemini ? asked : { ...asked, model, stream: isStream })),
  })
  await response.text().catch(() => {})
  return { id: response.headers.get('x-millrace-request-id') as string }
}
