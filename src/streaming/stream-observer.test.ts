import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { fromUtf8 } from '../bytes.ts'
import { NullTracer, RequestContext } from '../observe/index.ts'
import { StreamObserver } from './stream-observer.ts'

const CHUNK = fromUtf8('data: {}\n\n')

function throwing(): never {
  throw new Error('boom')
}

test('a collector that throws counts no more, and the meter does', () => {
  const collector = {
    processChunk: throwing,
    processRawChunk: throwing,
    processConvertedChunk: throwing,
    getMetrics: throwing,
  }
  const context = new RequestContext()
  const observer = new StreamObserver({ collector }, context)
  observer.onRawChunk?.(CHUNK)
  observer.onSentChunk?.(CHUNK)
  observer.onEnd(reportOf('completed'), undefined)
  assert.equal(context.metrics.tokensInput, reportOf('completed').usage.input)
  assert.equal((context.metadata.get('collectorError') as Error).message, 'boom')
})

test('a tracer that throws is not asked again', () => {
  let asked = 0
  class Broken extends NullTracer {
    override traceStreamChunk(): void {
      asked++
      throwing()
    }
  }
  const context = new RequestContext()
  const observer = new StreamObserver({ requestTracer: new Broken() }, context)
  observer.onRawChunk?.(CHUNK)
  observer.onRawChunk?.(CHUNK)
  assert.equal(asked, 1)
  assert.equal((context.metadata.get('tracerError') as Error).message, 'boom')
})

test('nobody watching chunks makes the exchange make nothing of them', () => {
  assert.equal(new StreamObserver({}, new RequestContext()).onRawChunk, undefined)
})
