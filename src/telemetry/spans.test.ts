import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { reportOf } from '../../test/reports.ts'
import { tellSpans } from './spans.ts'
import type { ToldExchange } from './told.ts'

/** The spans of an exchange whose first upstream was overloaded. */
async function twoAttempts() {
  const completed = reportOf('completed')
  const [served] = completed.attempts
  assert.ok(served)
  const first = {
    ...served,
    upstream: 'first',
    sentMs: 0,
    headMs: 5,
    endMs: 10,
    status: 529,
    error: 'overloaded',
  } as const
  const told: ToldExchange = {
    ...{ kind: 'inference', method: 'POST', path: '/v1/messages', spanId: 'a'.repeat(16) },
    trace: { traceId: 'b'.repeat(32), parentId: null, isSampled: true, state: '' },
    report: { ...completed, attempts: [first, { ...served, sentMs: 10.5 }] },
    attempts: ['c', 'd'].map(digit => ({
      ...{ spanId: digit.repeat(16), address: 'api.anthropic.com', port: 443, isStream: true },
    })),
  }
  const exporter = new InMemorySpanExporter()
  let next = ['', '']
  const ids = {
    set(...given: [string, string]) {
      next = given
    },
  }
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    idGenerator: { generateTraceId: () => next[0] as string, generateSpanId: () => next[1] as string },
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  tellSpans(provider.getTracer('test'), ids, told, text => text)
  await provider.forceFlush()
  return { spans: exporter.getFinishedSpans(), told }
}

test('each attempt has a span below that of the exchange, in their order', async () => {
  const { spans } = await twoAttempts()
  assert.deepEqual(
    spans.map(span => [span.spanContext().spanId[0], span.parentSpanContext?.spanId[0]]),
    [
      ['c', 'a'],
      ['d', 'a'],
      ['a', undefined],
    ],
  )
  assert.ok(spans.every(span => span.spanContext().traceId === 'b'.repeat(32)))
})

test('what an attempt answered stands at that one alone', async () => {
  const { spans, told } = await twoAttempts()
  const [failed, served] = spans
  assert.deepEqual(failed?.attributes['gen_ai.response.finish_reasons'], ['error'])
  assert.equal(failed?.attributes['error.type'], 'overloaded')
  assert.equal(failed?.attributes['gen_ai.usage.input_tokens'], undefined)
  assert.equal(served?.attributes['gen_ai.usage.input_tokens'], told.report.usage.input)
  assert.equal(served?.attributes['error.type'], undefined)
})

test('times are those of the report', async () => {
  const { spans, told } = await twoAttempts()
  const start = Date.parse(told.report.time)
  const ms = ([seconds, nanos]: readonly [number, number]) => seconds * 1000 + nanos / 1e6 - start
  assert.deepEqual(
    spans.map(({ startTime, endTime }) => [ms(startTime), ms(endTime)].map(value => Math.round(value * 10) / 10)),
    [
      [0, 10],
      [10.5, told.report.attempts[1]?.endMs],
      [0, told.report.times.totalMs],
    ],
  )
})
