import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, copy, fromUtf8, toLatin1, toUtf8 } from '../bytes.ts'
import { LimitError } from '../errors.ts'
import { Framer, frameEnd } from './framer.ts'

/** The slow, obvious twin: reads line by line. */
function slowFrameEnd(text: string, from: number): number {
  let wasLineEnd = false
  for (let at = from; at < text.length; ) {
    const lineEnd = /^(?:\r\n|\r|\n)/.exec(text.slice(at))
    at += lineEnd === null ? 1 : lineEnd[0].length
    if (lineEnd !== null && wasLineEnd) return at
    wasLineEnd = lineEnd !== null
  }
  return -1
}

const lineEnds = fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n')
const text = fc
  .array(
    fc.oneof({ weight: 3, arbitrary: lineEnds }, fc.constantFrom('a', 'data: x', 'é', '\u2028', 'b'.repeat(600))),
    {
      maxLength: 24,
      size: 'max',
    },
  )
  .map(parts => parts.join(''))

function frames(framer: Framer, chunks: readonly Uint8Array[]): { frames: Uint8Array[]; torn: Uint8Array[] } {
  const seen = { frames: [] as Uint8Array[], torn: [] as Uint8Array[] }
  for (const chunk of chunks) framer.push(chunk, bytes => seen.frames.push(copy(bytes)))
  framer.end(bytes => seen.torn.push(copy(bytes)))
  return seen
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
}

test('frameEnd finds the blank line after LF, CR, CRLF and mixtures', () => {
  const cases: [text: string, end: number][] = [
    ['data: x\n\nrest', 9],
    ['data: x\r\rrest', 9],
    ['data: x\r\n\r\nrest', 11],
    ['data: x\n\r\nrest', 10],
    ['data: x\n\rrest', 9],
    ['data: x\r\n\nrest', 10],
    ['data: x\r\r\nrest', 10],
    ['data: x\r\n', -1],
    ['data: x\n', -1],
    ['data: x', -1],
    ['', -1],
  ]
  for (const [text, end] of cases) assert.equal(frameEnd(text, 0, text.includes('\r')), end, JSON.stringify(text))
})

test('frameEnd counts a blank line before an event to the event', () => {
  assert.equal(frameEnd('\ndata: x\n\n', 0, false), 10)
  assert.equal(frameEnd('\ndata: x\r\n\r\n', 0, true), 12)
})

test('frameEnd ends the frame at a CR that ends the text, and puts its LF before the next frame', () => {
  assert.equal(frameEnd('data: x\r\n\r', 0, true), 10)
  assert.equal(frameEnd('\ndata: y\r\n\r\n', 0, true), 12)
})

test('only LF and CR end lines', () => {
  assert.equal(frameEnd('data: x\u2028\u2028\u2029\u0085\u0085\v\v\f\f', 0, true), -1)
})

test('frameEnd agrees with its slow twin, with and without the mark for CR', () => {
  fc.assert(
    fc.property(text, fc.nat(40), (text, from) => {
      assert.equal(frameEnd(text, from, true), slowFrameEnd(text, from))
      if (!text.includes('\r')) assert.equal(frameEnd(text, from, false), slowFrameEnd(text, from))
    }),
  )
})

test('a torn frame is found from its last character on', () => {
  fc.assert(
    fc.property(text, text, (torn, fresh) => {
      fc.pre(torn !== '' && slowFrameEnd(torn, 0) === -1)
      assert.equal(frameEnd(torn + fresh, torn.length - 1, true), slowFrameEnd(torn + fresh, 0))
    }),
  )
})

test('Framer changes, loses and adds no byte, and emits whole frames only', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (text, cuts) => {
      const bytes = fromUtf8(text)
      const { frames: whole, torn } = frames(new Framer(), pieces(bytes, cuts))
      assert.equal(toUtf8(concat([...whole, ...torn])), text)
      for (const frame of whole) assert.match(toLatin1(frame), /(?:\n|\r)(?:\n|\r\n?)$/)
      for (const frame of torn) assert.equal(slowFrameEnd(toLatin1(frame), 0), -1)
    }),
  )
})

test('Framer emits frames without a CR at the same ends, however the bytes are cut', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (mixed, cuts) => {
      const bytes = fromUtf8(mixed.replaceAll('\r', ''))
      const whole = (chunks: readonly Uint8Array[]) => toLatin1(concat(frames(new Framer(), chunks).frames))
      assert.equal(whole(pieces(bytes, cuts)), whole([bytes]))
    }),
  )
})

test('Framer keeps what it holds, though the chunk is only lent', () => {
  const framer = new Framer()
  const chunk = fromUtf8('data: x\n')
  const seen: string[] = []
  framer.push(chunk, bytes => seen.push(toUtf8(bytes)))
  chunk.fill(0)
  framer.push(fromUtf8('\n'), bytes => seen.push(toUtf8(bytes)))
  assert.deepEqual(seen, ['data: x\n\n'])
})

test('Framer refuses a frame over the limit, whole or in pieces, after the frames before it', () => {
  const bytes = fromUtf8('data: 1\n\ndata: 23\n\n')
  for (let cut = 0; cut <= bytes.length; cut++) {
    const seen: string[] = []
    const framer = new Framer({ maxFrameBytes: 9 })
    const run = () => {
      for (const chunk of pieces(bytes, [cut])) framer.push(chunk, frame => seen.push(toUtf8(frame)))
    }
    assert.throws(run, (error: unknown) => error instanceof LimitError && error.limit === 9, `cut at ${cut}`)
    assert.deepEqual(seen, ['data: 1\n\n'])
  }
})

test('Framer allows a frame of exactly the limit', () => {
  const seen = frames(new Framer({ maxFrameBytes: 9 }), [fromUtf8('data: 1\n\n')])
  assert.equal(seen.frames.length, 1)
})

test('64 KiB of the shortest mixed frames are walked in linear time', () => {
  const hostile = `${'a\n\n'.repeat(20_000)}\r${'b\r\r'.repeat(20_000)}`
  const started = performance.now()
  let count = 0
  for (let end = frameEnd(hostile, 0, true); end !== -1; end = frameEnd(hostile, end, true)) count++
  assert.equal(count, 40_000)
  assert.ok(performance.now() - started < 1000)
})
