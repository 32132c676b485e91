import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { RecordingMemory } from './memory.ts'
import type { Recorded } from './recorded.ts'
import { Recording } from './recording.ts'

function begin({ body = '', maxBytes = 100, memory = new RecordingMemory(1000) } = {}) {
  const clock = { nowMs: 5000 }
  const ends: (Recorded | undefined)[] = []
  const recording = new Recording(
    { id: 'x', key: null, dialect: 'chat', method: 'POST', url: '/', headers: [], body: fromUtf8(body) },
    { maxBytes, memory, now: () => clock.nowMs, onEnd: recorded => ends.push(recorded) },
  )
  const say = (side: 'upstream' | 'client', text: string) => {
    const chunk = fromUtf8(text)
    if (side === 'upstream') recording.onRawChunk(chunk)
    else recording.onSentChunk(chunk)
    // Borrowed: who kept it without a copy is found out.
    chunk.fill(0)
  }
  return { clock, ends, recording, memory, say }
}

test('reads and writes are kept in their order, with the time since the beginning', () => {
  const { clock, ends, recording, say } = begin()
  clock.nowMs = 5010.26
  say('upstream', 'one')
  clock.nowMs = 5020
  say('client', 'ONE')
  say('upstream', 'two')
  recording.onEnd(reportOf('completed'))
  const [recorded] = ends
  assert.deepEqual(recorded?.chunks, [10.3, 0, 3, 20, 1, 3, 20, 0, 6])
  assert.equal(toUtf8(recorded?.bytes.upstream as Uint8Array), 'onetwo')
  assert.equal(toUtf8(recorded?.bytes.client as Uint8Array), 'ONE')
})

test('what has no room is counted, and nothing is kept behind it', () => {
  const { ends, recording, memory, say } = begin({ body: 'x'.repeat(80), maxBytes: 100 })
  say('upstream', 'y'.repeat(40))
  say('client', 'z'.repeat(20))
  say('upstream', 'w')
  say('client', 'v')
  recording.onEnd(reportOf('completed'))
  const [recorded] = ends
  assert.deepEqual(recorded?.client.body, fromUtf8('x'.repeat(50)))
  assert.equal(recorded?.client.leftOut, 30)
  assert.deepEqual([recorded?.bytes.upstream.length, recorded?.bytes.client.length], [40, 10])
  assert.deepEqual(recorded?.leftOut, { upstream: 1, client: 11 })
  assert.equal(memory.bytes, 100)
})

test('all recordings share one memory', () => {
  const memory = new RecordingMemory(50)
  const [first, second] = [begin({ memory }), begin({ memory })]
  first.say('upstream', 'x'.repeat(40))
  second.say('upstream', 'y'.repeat(40))
  second.recording.onEnd(reportOf('completed'))
  assert.deepEqual(second.ends[0]?.leftOut, { upstream: 30, client: 0 })
  assert.equal(memory.bytes, 50)
})

test('what is discarded is gone, once, and nothing more is kept', () => {
  const { ends, recording, say } = begin()
  say('upstream', 'secret')
  recording.discard()
  say('upstream', 'more')
  recording.onEnd(reportOf('completed'))
  recording.discard()
  assert.deepEqual(ends, [undefined])
  assert.equal(recording.bytes, 6)
})
