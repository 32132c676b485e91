import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8 } from '../bytes.ts'
import { MillraceError } from '../errors.ts'
import type { SseEvent } from './decoder.ts'
import { SseDecoder } from './decoder.ts'
import { encodeComment, encodeEvent } from './encoder.ts'

function decode(text: string): SseEvent[] {
  const events: SseEvent[] = []
  new SseDecoder({ strict: true }).push(fromUtf8(text), event => events.push(event))
  return events
}

test('encodeEvent writes one frame', () => {
  assert.equal(encodeEvent({ data: '{}' }), 'data: {}\n\n')
  assert.equal(encodeEvent({ data: '' }), 'data: \n\n')
  assert.equal(
    encodeEvent({ event: 'delta', id: '', retry: 0, data: 'x' }),
    'event: delta\nid: \nretry: 0\ndata: x\n\n',
  )
})

test('encodeEvent splits data at every kind of line end', () => {
  assert.equal(
    encodeEvent({ data: 'a\nb\rc\r\nd\n\ne\n' }),
    'data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\ndata: \n\n',
  )
})

test('encodeComment writes a frame that decodes to nothing', () => {
  assert.equal(encodeComment('keep-alive'), ': keep-alive\n\n')
  assert.equal(encodeComment('a\r\ndata: b'), ': a\n: data: b\n\n')
  assert.deepEqual(decode(encodeComment('a\ndata: b')), [])
})

test('encodeEvent refuses what the wire cannot say', () => {
  for (const bad of ['a\nb', 'a\r', '\0']) {
    assert.throws(() => encodeEvent({ event: bad, data: '' }), MillraceError)
    assert.throws(() => encodeEvent({ id: bad, data: '' }), MillraceError)
  }
  for (const retry of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => encodeEvent({ retry, data: '' }), MillraceError)
  assert.throws(() => encodeEvent({ event: 'a\nb', data: '' }), {
    message: 'Cannot encode event: event holds a line end or NUL, "a\\nb"',
  })
})

test('an encoded event decodes to itself, with LF for every line end', () => {
  const line = fc.string({ unit: 'grapheme' }).map(text => text.replaceAll(/[\r\n\0]/g, ''))
  const anyEvent = fc.record({
    event: fc.option(
      line.filter(name => name !== ''),
      { nil: undefined },
    ),
    data: fc
      .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\n', '\r', '\r\n', ' ', '\0')))
      .map(parts => parts.join('')),
    id: fc.option(line, { nil: undefined }),
    retry: fc.option(fc.nat(), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(anyEvent), events => {
      const expected = events.map(event => ({ ...event, data: event.data.replaceAll(/\r\n?/g, '\n') }))
      assert.deepEqual(decode(events.map(encodeEvent).join(encodeComment('ping'))), expected)
    }),
  )
})
