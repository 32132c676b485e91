import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELTA, defer, STREAM } from '../../test/deferred.ts'
import { toUtf8 } from '../bytes.ts'
import { NullTracer, RequestContext } from '../observe/index.ts'

/** Writes down what it is shown. */
class NotingTracer extends NullTracer {
  readonly shown: (readonly [step: string, what?: unknown])[] = []

  override shouldTrace(): boolean {
    return true
  }

  override traceRequest(): void {
    this.shown.push(['request'])
  }

  override traceResponse(_id?: string, head?: { readonly status: number }, body?: Uint8Array): void {
    this.shown.push(['response', [head?.status, body && toUtf8(body)]])
  }

  override traceStreamStart(): void {
    this.shown.push(['start'])
  }

  override traceStreamChunk(_id?: string, chunk?: Uint8Array): void {
    this.shown.push(['chunk', chunk && toUtf8(chunk)])
  }

  override traceStreamComplete(): void {
    this.shown.push(['complete'])
  }
}

async function traced(
  status: number,
  mediaType: string,
  chunks: readonly string[],
  requestTracer = new NotingTracer(),
) {
  const requestContext = new RequestContext()
  const { call, deferred } = defer({ requestTracer, requestContext })
  const sent = deferred.toResponse()
  call().head(status, ['content-type', mediaType])
  for (const chunk of chunks) call().data(chunk)
  call().end()
  await (await sent).text().catch(() => 'cut')
  await deferred.report
  return { shown: requestTracer.shown, requestContext }
}

test('a stream is shown as it comes', async () => {
  const { shown } = await traced(200, 'text/event-stream', [DELTA, STREAM])
  assert.deepEqual(shown, [['request'], ['start'], ['chunk', DELTA], ['chunk', STREAM], ['complete']])
})

test('an answer that is no stream is shown in one piece, an error too', async () => {
  const { shown } = await traced(429, 'application/json', ['{"error":', '{}}'])
  assert.deepEqual(shown, [['request'], ['response', [429, '{"error":{}}']], ['complete']])
})

test('of a long body the beginning is shown', async () => {
  const { shown } = await traced(400, 'text/html', ['a'.repeat(1_000_000), 'b'.repeat(100_000)])
  assert.deepEqual(shown[1], ['response', [400, 'a'.repeat(1_000_000) + 'b'.repeat(1024 * 1024 - 1_000_000)]])
})

test('a tracer that throws is not asked again, and the stream goes on', async () => {
  const tracer = new NotingTracer()
  tracer.traceStreamStart = () => {
    throw new Error('full disk')
  }
  const { shown, requestContext } = await traced(200, 'text/event-stream', [STREAM], tracer)
  assert.deepEqual(shown, [['request']])
  assert.match(String(requestContext.metadata.get('tracerError')), /full disk/)
})
