import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DeltaKeys, DeltaShape } from './delta-shape.ts'

const KEYS: DeltaKeys = { opaque: new Set(['text', 'pad']), counters: new Set(['n']), isPadded: true }

function learned(frame: string, keys = KEYS): DeltaShape {
  const shape = new DeltaShape(keys)
  shape.learn(frame, 0, frame.length)
  return shape
}

function fits(shape: DeltaShape, frame: string): boolean {
  return shape.fits(frame, 0, frame.length)
}

const FRAME = 'event: delta\ndata: {"id":"a","n":7,"d":{"text":"one"},"pad":"xy"}\n\n'

test('a frame fits with other text, padding, counters and blanks', () => {
  const shape = learned(FRAME)
  for (const frame of [
    FRAME,
    'event: delta\ndata: {"id":"a","n":8,"d":{"text":"two"},"pad":"xy"}\n\n',
    'event: delta\ndata: {"id":"a","n":1234,"d":{"text":"\\"n\\":9,\\u00e9\\\\"},"pad":"z"}\n\n',
    'event: delta\ndata: {"id":"a","n":0,"d":{"text":"data: [DONE]"},"pad":"xy"     }\n\n',
  ])
    assert.ok(fits(shape, frame), frame)
})

test('a frame does not fit when anything else differs', () => {
  const shape = learned(FRAME)
  for (const frame of [
    'event: other\ndata: {"id":"a","n":7,"d":{"text":"one"},"pad":"xy"}\n\n',
    'event: delta\ndata: {"id":"b","n":7,"d":{"text":"one"},"pad":"xy"}\n\n',
    'event: delta\ndata: {"id":"a","n":7,"d":{"text":"one","stop":"x"},"pad":"xy"}\n\n',
    'event: delta\ndata: {"id":"a","n":7,"d":{"text":"one"},"pad":"xy","usage":{}}\n\n',
    'event: delta\ndata: {"id":"a","n":7,"d":{"text":"one"},"pad":"xy"}\n',
    'event: delta\r\ndata: {"id":"a","n":7,"d":{"text":"one"},"pad":"xy"}\r\n\r\n',
    'event: delta\ndata: {"id":"a","n":7,"d":{"text":"one"},"pad":"xy"}\n\nx',
    '',
  ])
    assert.ok(!fits(shape, frame), frame)
})

test('a frame does not fit when its text is empty or its JSON is broken inside the text', () => {
  const shape = learned('data: {"n":7,"text":"one"}\n\n')
  const legal = ['x', '\\/', '\\u00E9', '\\n']
  const illegal = ['', '\\x', '\\', '\\u12', '\\u12g4', 'a\nb', 'a\u0000b', 'a\tb', '"', 'a","stop":"b']
  for (const text of legal) assert.ok(fits(shape, `data: {"n":7,"text":"${text}"}\n\n`), text)
  for (const text of illegal) assert.ok(!fits(shape, `data: {"n":7,"text":"${text}"}\n\n`), text)
  for (const count of ['07', '-1', '1.5', '1e3', '', '"1"'])
    assert.ok(!fits(shape, `data: {"n":${count},"text":"one"}\n\n`), count)
})

test('an empty text is not learned as one that may differ', () => {
  const shape = learned('data: {"pad":"","text":"one"}\n\n')
  assert.ok(fits(shape, 'data: {"pad":"","text":"two"}\n\n'))
  assert.ok(!fits(shape, 'data: {"pad":"x","text":"one"}\n\n'))
})

test('only the name of a member counts, not words that look like it', () => {
  const shape = learned('data: {"id":"text","a\\"text":"one","d":["text",{"text":"two"}]}\n\n')
  assert.ok(fits(shape, 'data: {"id":"text","a\\"text":"one","d":["text",{"text":"six"}]}\n\n'))
  assert.ok(!fits(shape, 'data: {"id":"text","a\\"text":"six","d":["text",{"text":"two"}]}\n\n'))
})

test('a frame with unusual lines is not learned', () => {
  for (const frame of [
    ': comment\ndata: {"text":"one"}\n\n',
    'id: 1\ndata: {"text":"one"}\n\n',
    'data: {"text":\ndata: "one"}\n\n',
    'data: {"text":"one"}\nid: 1\n\n',
    '\ndata: {"text":"one"}\n\n',
    'event: delta\rdata: {"text":"one"}\r\r',
  ])
    assert.ok(!fits(learned(frame), frame), frame)
})

test('nothing fits before something is learned, and after it is forgotten', () => {
  const shape = learned(FRAME)
  shape.forget()
  assert.ok(!fits(shape, FRAME))
  assert.ok(!fits(new DeltaShape(KEYS), ''))
})

test('frames are read inside a longer text', () => {
  const shape = new DeltaShape(KEYS)
  const text = `${FRAME}data: {"text":"one"}\n\ndata: {"text":"two"}\n\n`
  const [first, second] = [FRAME.length, FRAME.length + 22]
  shape.learn(text, first, second)
  assert.ok(shape.fits(text, second, text.length))
  assert.ok(!shape.fits(text, 0, first))
  assert.ok(!shape.fits(text, second, text.length - 1))
})

test('whatever fits is the learned JSON with other text and counters', () => {
  const json = fc.object({ key: fc.constantFrom('text', 'pad', 'n', 'id', 'd'), maxDepth: 3, withUnicodeString: true })
  fc.assert(
    fc.property(
      json,
      fc.nat(),
      fc.string({ unit: fc.constantFrom('"', '\\', 'n', '}', ' ', '1', ',', '\n', 'e') }),
      (value, cut, noise) => {
        const frame = `data: ${JSON.stringify(value)}\n\n`
        const shape = learned(frame)
        const at = cut % frame.length
        const mutated = frame.slice(0, at) + noise + frame.slice(at + (cut % 3))
        if (!fits(shape, mutated)) return
        assert.deepEqual(withoutOpaque(JSON.parse(mutated.slice(6))), withoutOpaque(value))
      },
    ),
    { numRuns: 2000 },
  )
})

/** The value with every text and counter that may differ replaced by whether it says something. */
function withoutOpaque(value: unknown): unknown {
  const plain: unknown = JSON.parse(JSON.stringify(value))
  return JSON.parse(
    JSON.stringify(plain, (key, item) => {
      if (KEYS.opaque.has(key) && typeof item === 'string') return item !== ''
      return KEYS.counters.has(key) && Number.isInteger(item) && item >= 0 ? 0 : item
    }),
  )
}
