import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { context, propagation, ROOT_CONTEXT, type TextMapPropagator, trace } from '@opentelemetry/api'
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  StackContextManager,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { getHeader } from '../http/index.ts'
import { HookManager } from '../observe/index.ts'
import { type Simulator, startSimulator } from '../simulator/index.ts'
import { DeferredStreaming } from '../streaming/index.ts'
import { openTelemetryHook } from './open-telemetry-hook.ts'

/** Stands for the propagator of a program: one header with the ids. */
const PROPAGATOR: TextMapPropagator = {
  inject(inside, carrier, setter) {
    const span = trace.getSpanContext(inside)
    if (span !== undefined) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`)
  },
  extract(outside, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, 'traceparent')).split('-')
    if (traceId === undefined || spanId === undefined) return outside
    return trace.setSpanContext(outside, { traceId, spanId, traceFlags: 1, isRemote: true })
  },
  fields: () => ['traceparent'],
}

suite('the hook for an OpenTelemetry of one’s own', () => {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
    propagation.setGlobalPropagator(PROPAGATOR)
    context.setGlobalContextManager(new StackContextManager().enable())
  })
  after(async () => {
    propagation.disable()
    context.disable()
    await simulator.close()
  })

  interface Call {
    readonly settings?: string
    readonly headers?: readonly string[]
    readonly inside?: typeof ROOT_CONTEXT
    readonly propagates?: boolean
  }

  async function call({ settings = '', headers = [], inside = ROOT_CONTEXT, propagates = true }: Call = {}) {
    exporter.reset()
    const hookManager = new HookManager()
    hookManager.register(openTelemetryHook({ tracerProvider, propagates }))
    const streaming = new DeferredStreaming({
      method: 'POST',
      url: `${simulator.url}/v1/messages?key=hidden`,
      headers: ['content-type', 'application/json', 'x-sim', settings, ...headers],
      body: JSON.stringify({ model: 'sim/echo', stream: true, messages: [{ role: 'user', content: 'a secret' }] }),
      handlerConfig: { formatContext: { source: 'messages', target: 'messages' } },
      hookManager,
      exchange: { model: 'sim/echo' },
    })
    const response = await context.with(inside, () => streaming.toResponse())
    await response.text().catch(() => {})
    const report = await streaming.report
    await hookManager.drain()
    const sent = simulator.requests().at(-1)?.headers ?? []
    return { spans: exporter.getFinishedSpans(), report, traceparent: getHeader(sent, 'traceparent') }
  }

  test('makes a span with the attributes of the conventions', async () => {
    const { spans, report, traceparent } = await call()
    const [span] = spans
    assert.equal(spans.length, 1)
    assert.equal(span?.name, 'chat sim/echo')
    assert.equal(span?.kind, 2)
    const expected = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'sim/echo',
      'gen_ai.request.stream': true,
      'gen_ai.usage.input_tokens': report.usage.input,
      'gen_ai.usage.output_tokens': report.usage.output,
      'server.port': simulator.port,
      'millrace.request_id': report.id,
    }
    for (const [name, value] of Object.entries(expected)) assert.equal(span?.attributes[name], value, name)
    const { traceId, spanId } = span?.spanContext() ?? {}
    assert.equal(traceparent, `00-${traceId}-${spanId}-01`)
    assert.ok(!JSON.stringify(span?.attributes).match(/secret|hidden/))
  })

  test('below the span that is active, else below the one that the headers name', async () => {
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
    const inside = await call({ inside: trace.setSpanContext(ROOT_CONTEXT, parent) })
    assert.equal(inside.spans[0]?.parentSpanContext?.spanId, parent.spanId)
    const named = await call({ headers: ['traceparent', `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`] })
    assert.equal(named.spans[0]?.parentSpanContext?.spanId, 'd'.repeat(16))
    assert.match(named.traceparent ?? '', /^00-c{32}-(?!d{16})/)
  })

  test('leaves the headers alone where it is told to', async () => {
    const traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`
    assert.equal((await call({ headers: ['traceparent', traceparent], propagates: false })).traceparent, traceparent)
  })

  test('tells a failure by its code', async () => {
    const [span] = (await call({ settings: 'status=529' })).spans
    assert.equal(span?.status.code, 2)
    assert.equal(span?.status.message, undefined)
    assert.equal(span?.attributes['error.type'], 'overloaded')
    assert.equal(span?.attributes['http.response.status_code'], 529)
  })
})
