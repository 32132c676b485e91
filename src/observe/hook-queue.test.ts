import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChunkState, ObservedState, OtherState, StreamEventState } from './hook-events.ts'
import { HookQueue, isFlood } from './hook-queue.ts'

function state(event: OtherState['event']): OtherState {
  return { event, time: 0, data: {}, metadata: new Map() }
}

function ping(): StreamEventState {
  const data = { event: { type: 'ping' } } as const
  return { event: 'provider.stream.event', time: 0, requestId: 'r1', data, metadata: new Map() }
}

function chunk(bytes: number, requestId: string, form: 'raw' | 'converted' = 'raw'): ChunkState {
  const data = { form, bytes, chunks: 1, content: new Uint8Array(bytes) }
  return { event: 'provider.stream.chunk', time: 0, requestId, data, metadata: new Map() }
}

function pass(queue: HookQueue, states: readonly ObservedState[]): ObservedState[] {
  for (const it of states) queue.push(it)
  return Array.from({ length: queue.length }, () => queue.shift() as ObservedState)
}

test('a full queue sums the chunks of one stream and form, and drops what finds no other', () => {
  const queue = new HookQueue(3)
  const states = pass(queue, [
    state('provider.stream.start'),
    chunk(1, 'r1'),
    chunk(2, 'r2'),
    chunk(30, 'r1'),
    chunk(400, 'r1', 'converted'),
    ping(),
    chunk(500, 'r1'),
    state('provider.stream.end'),
  ])
  assert.deepEqual(
    states.map(it => (it.event === 'provider.stream.chunk' ? [it.requestId, it.data] : it.event)),
    [
      'provider.stream.start',
      ['r1', { form: 'raw', bytes: 531, chunks: 3 }],
      ['r2', { form: 'raw', bytes: 2, chunks: 1, content: new Uint8Array(2) }],
      'provider.stream.end',
    ],
  )
  assert.deepEqual([queue.merged, queue.dropped], [2, 2])
})

const emitted = fc.oneof(
  fc.constantFrom('provider.stream.start', 'provider.stream.end', 'provider.error').map(event => state(event)),
  fc.constant(undefined).map(ping),
  fc.tuple(fc.nat(100), fc.constantFrom('r1', 'r2')).map(([bytes, id]) => chunk(bytes, id)),
)

test('under any flood every start, end and error comes through in order, and every chunk is counted', () => {
  fc.assert(
    fc.property(fc.array(emitted, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (states, limit) => {
      const queue = new HookQueue(limit)
      const seen = pass(queue, states)
      const kept = (it: ObservedState) => !isFlood(it)
      assert.deepEqual(seen.filter(kept), states.filter(kept))
      assert.ok(seen.filter(isFlood).length <= limit)
      assert.equal(seen.length, states.length - queue.merged - queue.dropped)
      const chunks = seen.flatMap(it => (it.event === 'provider.stream.chunk' ? it.data.chunks : []))
      assert.equal(
        chunks.reduce((sum, count) => sum + count, 0),
        chunks.length + queue.merged,
      )
    }),
  )
})
