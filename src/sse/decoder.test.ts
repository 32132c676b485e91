import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { fromUtf8 } from '../bytes.ts'
import { LimitError, MillraceError } from '../errors.ts'
import type { SseDecoderOptions, SseEvent } from './decoder.ts'
import { SseDecoder } from './decoder.ts'

function decode(chunks: readonly Uint8Array[], options?: SseDecoderOptions): SseEvent[] {
  const events: SseEvent[] = []
  const decoder = new SseDecoder(options)
  for (const chunk of chunks) decoder.push(chunk, event => events.push(event))
  decoder.end(event => events.push(event))
  return events
}

function decodeText(text: string, options?: SseDecoderOptions): SseEvent[] {
  return decode([fromUtf8(text)], options)
}

function dataOf(text: string): string[] {
  return decodeText(text).map(event => event.data)
}

function event(fields: Partial<SseEvent>): SseEvent {
  return { event: undefined, data: '', id: undefined, retry: undefined, ...fields }
}

test('SseDecoder reads type, data, id and retry', () => {
  assert.deepEqual(decodeText('event: delta\nid: 7\nretry: 2500\ndata: {"a":1}\n\n'), [
    event({ event: 'delta', data: '{"a":1}', id: '7', retry: 2500 }),
  ])
})

test('SseDecoder joins two data lines with a line feed', () => {
  assert.deepEqual(dataOf('data: one\ndata: two\n\n'), ['one\ntwo'])
  assert.deepEqual(dataOf('data\ndata\n\n'), ['\n'])
  assert.deepEqual(dataOf('data:\ndata: x\ndata:\n\n'), ['\nx\n'])
})

test('SseDecoder takes one space off a value, not two', () => {
  assert.deepEqual(dataOf('data:x\n\ndata: x\n\ndata:  x\n\ndata:\tx\n\ndata: \n\n'), ['x', 'x', ' x', '\tx', ''])
})

test('SseDecoder takes a line without a colon as a field without a value', () => {
  assert.deepEqual(dataOf('data\n\n'), [''])
  assert.deepEqual(decodeText('id: 7\nevent: x\nid\nevent\ndata\n\n'), [event({ id: '' })])
})

test('SseDecoder emits falsy payloads, and nothing for a block without data', () => {
  assert.deepEqual(dataOf('data: 0\n\ndata: {}\n\ndata: []\n\ndata:\n\n'), ['0', '{}', '[]', ''])
  assert.deepEqual(dataOf('\n\n\nevent: ping\n\n: comment\n\nid: 1\n\n'), [])
})

test('SseDecoder skips comments and unknown fields, and compares field names literally', () => {
  assert.deepEqual(dataOf(': data: no\nData: no\n data: no\ndata : no\ndatas: no\nx\n:\ndata: yes\n\n'), ['yes'])
})

test('SseDecoder forgets the type with a block that has no data', () => {
  assert.deepEqual(decodeText('event: lost\n\ndata: x\n\n'), [event({ data: 'x' })])
  assert.deepEqual(decodeText('event: lost\nevent:\ndata: x\n\n'), [event({ data: 'x' })])
})

test('SseDecoder gives the id and retry of a block without data to the next event', () => {
  assert.deepEqual(decodeText('id: 1\n\nretry: 10\n\ndata: x\n\ndata: y\n\n'), [
    event({ data: 'x', id: '1', retry: 10 }),
    event({ data: 'y' }),
  ])
})

test('SseDecoder ignores an id with NUL and a retry that is not all digits', () => {
  assert.deepEqual(decodeText('id: 1\nid: 2\0\ndata: x\n\n'), [event({ data: 'x', id: '1' })])
  for (const retry of ['', '-1', '+1', '1.5', '1e3', '0x10', '1 ', '١'])
    assert.deepEqual(decodeText(`retry: ${retry}\ndata: x\n\n`), [event({ data: 'x' })], retry)
  assert.deepEqual(decodeText('retry: 007\ndata: x\n\n'), [event({ data: 'x', retry: 7 })])
  assert.deepEqual(decodeText(`retry: ${'9'.repeat(400)}\ndata: x\n\n`), [
    event({ data: 'x', retry: Number.MAX_SAFE_INTEGER }),
  ])
})

test('SseDecoder ends lines at LF, CR and CRLF, mixed, and at nothing else', () => {
  assert.deepEqual(dataOf('data: 1\n\ndata: 2\r\rdata: 3\r\n\r\ndata: 4\n\r\ndata: 5\r\n\n'), ['1', '2', '3', '4', '5'])
  assert.deepEqual(dataOf('data: 1\rdata: 2\ndata: 3\r\ndata: 4\n\n'), ['1\n2\n3\n4'])
  assert.deepEqual(dataOf('data: a\u2028b\u2029c\u0085d\ve\ff\0g\n\n'), ['a\u2028b\u2029c\u0085d\ve\ff\0g'])
})

test('SseDecoder strips one BOM, at the very start only', () => {
  assert.deepEqual(dataOf('\uFEFFdata: x\n\ndata: \uFEFFy\n\n'), ['x', '\uFEFFy'])
  assert.deepEqual(dataOf('\uFEFF\uFEFFdata: x\n\n'), [])
  assert.deepEqual(dataOf('data: x\n\n\uFEFFdata: y\n\n'), ['x'])
})

test('SseDecoder reads words of the wire inside data as data', () => {
  assert.deepEqual(dataOf('data: data: x\ndata: [DONE]\ndata: event: y\n\n'), ['data: x\n[DONE]\nevent: y'])
})

test('SseDecoder puts U+FFFD for malformed UTF-8, as the standard does', () => {
  const bytes = Uint8Array.of(...fromUtf8('data: '), 0xff, 0xe2, 0x82, 0x61, 0xf0, 0x9f, 0x0a, 0x0a)
  assert.deepEqual(
    decode([bytes]).map(event => event.data),
    ['\uFFFD\uFFFDa\uFFFD'],
  )
})

test('SseDecoder emits a last event without its blank line, unless strict', () => {
  for (const text of ['data: 1\n\ndata: 2', 'data: 1\n\ndata: 2\n', 'data: 1\n\ndata: 2\r']) {
    assert.deepEqual(dataOf(text), ['1', '2'])
    assert.deepEqual(decodeText(text, { strict: true }), [event({ data: '1' })])
  }
  assert.deepEqual(dataOf('data: 1\n\n: comment'), ['1'])
})

const STREAM = fromUtf8(
  '\uFEFF: hi\r\n\r\nevent: é\r\ndata: 😀 €\r\ndata:x\r\r\nid: 1\n\ndata\n\r\ndata: {"last":true}\r\n\r',
)

test('the same events at every cut, and at every two cuts', () => {
  const whole = decode([STREAM])
  assert.deepEqual(whole, [
    event({ event: 'é', data: '😀 €\nx' }),
    event({ data: '', id: '1' }),
    event({ data: '{"last":true}' }),
  ])
  for (let first = 0; first <= STREAM.length; first++)
    for (let second = first; second <= STREAM.length; second++) {
      const cut = [STREAM.subarray(0, first), STREAM.subarray(first, second), STREAM.subarray(second)]
      assert.deepEqual(decode(cut), whole, `cut at ${first} and ${second}`)
    }
})

test('the same events one byte at a time', () => {
  assert.deepEqual(decode(Array.from(STREAM, byte => Uint8Array.of(byte))), decode([STREAM]))
})

const fragment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('data:', 'data: ', 'data', 'event: ', 'event', 'id: ', 'id', 'retry: ', ':'),
  },
  fc.constantFrom(' ', '\0', '12', 'a', '\u2028', '\u0085', '\v', '\f', '\uFEFF', 'é', '😀', 'x'.repeat(700)),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
)
const stream = fc.array(fragment, { maxLength: 60, size: 'max' }).map(parts => fromUtf8(parts.join('')))
const damaged = fc
  .array(fc.oneof(fc.constantFrom(10, 13, 58, 32, 100, 97, 116, 0xef, 0xbb, 0xbf, 0xe2, 0x80), fc.nat(255)), {
    size: 'medium',
  })
  .map(bytes => Uint8Array.from(bytes))
const cutChunks = fc.tuple(fc.oneof(stream, damaged), fc.array(fc.nat(), { maxLength: 8 })).map(([bytes, cuts]) => {
  const ends = [0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return { bytes, chunks: ends.slice(1).map((end, index) => bytes.subarray(ends[index], end)) }
})

test('the same events at any cuts of any bytes', () => {
  fc.assert(
    fc.property(cutChunks, fc.boolean(), ({ bytes, chunks }, strict) => {
      assert.deepEqual(decode(chunks, { strict }), decode([bytes], { strict }))
    }),
    { numRuns: 1000 },
  )
})

/**
 * What eventsource-parser reads. It differs on purpose in four things, made equal here: an id or retry
 * without data is told apart from the events; retry numbers are not bounded; the last event without
 * a blank line is never given, as in our strict mode; and it also strips a BOM that was decoded as
 * latin1, so streams that begin with those characters are left out.
 */
function parse(chunks: readonly Uint8Array[]): SseEvent[] {
  const events: SseEvent[] = []
  let id: string | undefined
  let retry: number | undefined
  const parser = createParser({
    onId: value => {
      id = value
    },
    onRetry: value => {
      retry = Math.min(value, Number.MAX_SAFE_INTEGER)
    },
    onEvent: ({ event, data }) => {
      events.push({ event, data, id, retry })
      id = undefined
      retry = undefined
    },
  })
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }))
  return events
}

test('the same events as eventsource-parser', () => {
  fc.assert(
    fc.property(cutChunks, ({ bytes, chunks }) => {
      fc.pre(bytes[0] !== 0xc3)
      assert.deepEqual(decode(chunks, { strict: true }), parse(chunks))
    }),
    { numRuns: 1000 },
  )
})

test('any bytes at any limit throw nothing but named errors', () => {
  fc.assert(
    fc.property(cutChunks, fc.nat(40), ({ chunks }, maxEventBytes) => {
      try {
        decode(chunks, { maxEventBytes })
      } catch (error) {
        assert.ok(error instanceof MillraceError)
      }
    }),
  )
})

test('an event over the limit is refused by name, after the events before it', () => {
  const seen: string[] = []
  const decoder = new SseDecoder({ maxEventBytes: 100 })
  const run = () =>
    decoder.push(fromUtf8(`data: 1\n\ndata: ${'x'.repeat(100)}\n\n`), event => void seen.push(event.data))
  assert.throws(run, (error: unknown) => error instanceof LimitError && error.limit === 100)
  assert.deepEqual(seen, ['1'])
})

test('an endless line is refused once 8 MiB are held', () => {
  const decoder = new SseDecoder()
  const chunk = new Uint8Array(64 * 1024).fill(0x61)
  let pushed = 0
  const run = () => {
    for (; pushed < 200; pushed++) decoder.push(chunk, () => assert.fail('no event'))
  }
  assert.throws(run, LimitError)
  assert.equal(pushed, 128)
})

test('a line of 32 MiB in small chunks takes linear time', () => {
  const decoder = new SseDecoder({ maxEventBytes: 64 * 1024 * 1024 })
  const chunk = new Uint8Array(4096).fill(0x61)
  const lengths: number[] = []
  const emit = (event: SseEvent) => void lengths.push(event.data.length)
  const started = performance.now()
  decoder.push(fromUtf8('data: '), emit)
  for (let count = 0; count < 8192; count++) decoder.push(chunk, emit)
  decoder.push(fromUtf8('\n\n'), emit)
  assert.deepEqual(lengths, [32 * 1024 * 1024])
  // Quadratic time would be minutes.
  assert.ok(performance.now() - started < 5000)
})

test('a million tiny events are emitted as they come', () => {
  const decoder = new SseDecoder({ maxEventBytes: 64 })
  const chunk = fromUtf8('data:1\n\n'.repeat(8000))
  let count = 0
  for (let pushed = 0; pushed < 125; pushed++) {
    decoder.push(chunk, () => count++)
    assert.equal(count, 8000 * (pushed + 1))
  }
})
