import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { LimitError, MillraceError } from '../errors.ts'
import type { SseEvent } from './decoder.ts'
import { decodeEvents, SseDecoderStream, SseEncoderStream } from './streams.ts'

const EVENTS: SseEvent[] = [
  { event: 'delta', data: 'a\nb', id: undefined, retry: undefined },
  { event: undefined, data: 'é', id: '1', retry: 5 },
]
const TEXT = 'event: delta\ndata: a\ndata: b\n\nid: 1\nretry: 5\ndata: é\n\n'

function oneByteAtATime(text: string): ReadableStream<Uint8Array> {
  return ReadableStream.from(Array.from(fromUtf8(text), byte => Uint8Array.of(byte)))
}

test('SseDecoderStream gives the events of a stream, the torn last one too', async () => {
  const stream = oneByteAtATime(TEXT.trimEnd()).pipeThrough(new SseDecoderStream())
  assert.deepEqual(await Array.fromAsync(stream), EVENTS)
})

test('SseDecoderStream fails with the limit', async () => {
  const stream = oneByteAtATime(TEXT).pipeThrough(new SseDecoderStream({ maxEventBytes: 10 }))
  await assert.rejects(Array.fromAsync(stream), LimitError)
})

test('SseEncoderStream gives the bytes of events', async () => {
  const chunks = await Array.fromAsync(ReadableStream.from(EVENTS).pipeThrough(new SseEncoderStream()))
  assert.equal(chunks.map(chunk => toUtf8(chunk)).join(''), TEXT)
})

test('SseEncoderStream fails with what cannot be encoded', async () => {
  const stream = ReadableStream.from([{ event: 'a\nb', data: '' }]).pipeThrough(new SseEncoderStream())
  await assert.rejects(Array.fromAsync(stream), MillraceError)
})

test('decodeEvents reads web streams and async iterables', async () => {
  async function* chunks() {
    yield fromUtf8(TEXT.slice(0, 20))
    yield fromUtf8(TEXT.slice(20))
  }
  assert.deepEqual(await Array.fromAsync(decodeEvents(chunks())), EVENTS)
  assert.deepEqual(await Array.fromAsync(decodeEvents(oneByteAtATime(TEXT))), EVENTS)
})

test('decodeEvents throws a broken limit after the events before it', async () => {
  const seen: string[] = []
  const run = async () => {
    const source = ReadableStream.from([fromUtf8('data: 1\n\ndata: 2345678901234567890\n\n')])
    for await (const event of decodeEvents(source, { maxEventBytes: 20 })) seen.push(event.data)
  }
  await assert.rejects(run, LimitError)
  assert.deepEqual(seen, ['1'])
})

test('leaving the loop cancels the source', async () => {
  let isCancelled = false
  const source = new ReadableStream<Uint8Array>({
    pull: controller => controller.enqueue(fromUtf8('data: x\n\n')),
    cancel: () => {
      isCancelled = true
    },
  })
  for await (const event of decodeEvents(source)) {
    assert.equal(event.data, 'x')
    break
  }
  assert.ok(isCancelled)
})
