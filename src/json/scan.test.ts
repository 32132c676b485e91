import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8, isUtf8, toUtf8 } from '../bytes.ts'
import { JsonError } from './error.ts'
import { hasDuplicate, type Member, member, scanArray, scanObject } from './scan.ts'

function scan(text: string): Member[] {
  return scanObject(fromUtf8(text))
}

/** What the members say, as texts. */
function texts(text: string): [key: string, value: string][] {
  const bytes = fromUtf8(text)
  return scanObject(bytes).map(({ key, start, end }) => [key, toUtf8(bytes, start, end)])
}

function refusal(bytes: Uint8Array, maxDepth = 64): JsonError | undefined {
  try {
    scanObject(bytes, { maxDepth })
    return undefined
  } catch (error) {
    assert.ok(error instanceof JsonError)
    return error
  }
}

/** What JSON.parse makes of the bytes, when that is an object. */
function parsedObject(bytes: Uint8Array): object | undefined {
  if (!isUtf8(bytes)) return undefined
  try {
    const value: unknown = JSON.parse(toUtf8(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

test('scanObject gives the members in their order, each value without the space around it', () => {
  assert.deepEqual(texts(' {\n\t"model" : "a b" , "n":-1.5e+3,"list":[ 1, {"model":2} ],\r\n"x":{ } , "t":true } '), [
    ['model', '"a b"'],
    ['n', '-1.5e+3'],
    ['list', '[ 1, {"model":2} ]'],
    ['x', '{ }'],
    ['t', 'true'],
  ])
  assert.deepEqual(texts('{}'), [])
})

test('scanObject counts in bytes', () => {
  assert.deepEqual(scan('{"é":"😀","b":1}'), [
    { key: 'é', keyStart: 1, start: 6, end: 12 },
    { key: 'b', keyStart: 13, start: 17, end: 18 },
  ])
})

test('scanObject reads escaped keys', () => {
  assert.deepEqual(texts('{"mod\\u0065l":1,"a\\"b\\\\":2,"\\ud800":3,"":4}'), [
    ['model', '1'],
    ['a"b\\', '2'],
    ['\ud800', '3'],
    ['', '4'],
  ])
})

test('of duplicates the last member counts', () => {
  const members = scan('{"model":"a","stream":true,"mod\\u0065l":"b"}')
  assert.equal(members.length, 3)
  assert.equal(member(members, 'model')?.keyStart, 27)
  assert.equal(member(members, 'temperature'), undefined)
  assert.ok(hasDuplicate(members, 'model'))
  assert.ok(!hasDuplicate(members, 'stream'))
  assert.ok(!hasDuplicate(members, 'temperature'))
})

test('scanObject keeps what would change on a round trip', () => {
  assert.deepEqual(texts('{"a":1e400,"b":12345678901234567890,"__proto__":{"x":1},"c":1.0}'), [
    ['a', '1e400'],
    ['b', '12345678901234567890'],
    ['__proto__', '{"x":1}'],
    ['c', '1.0'],
  ])
})

test('a span leads into a nested object', () => {
  const bytes = fromUtf8('{"stream_options": {"include_usage": false}, "n": 1}')
  const options = member(scanObject(bytes), 'stream_options')
  assert.ok(options)
  assert.deepEqual(scanObject(bytes, options), [{ key: 'include_usage', keyStart: 20, start: 37, end: 42 }])
  const n = member(scanObject(bytes), 'n')
  assert.throws(() => scanObject(bytes, n), { message: 'Cannot read JSON: expected an object at byte 50' })
})

test('scanObject says what is wrong, and where', () => {
  const cases: [text: string, problem: string][] = [
    ['', 'expected an object at byte 0'],
    ['[]', 'expected an object at byte 0'],
    ['null', 'expected an object at byte 0'],
    ['\uFEFF{}', 'expected an object at byte 0'],
    ['{} x', 'expected the end at byte 3'],
    ['{}{}', 'expected the end at byte 2'],
    ['{', 'expected a key at byte 1'],
    ['{"a":1,}', 'expected a key at byte 7'],
    ['{a:1}', 'expected a key at byte 1'],
    ['{"a" 1}', 'expected ":" at byte 5'],
    ['{"a":}', 'expected a value at byte 5'],
    ['{"a":NaN}', 'expected a value at byte 5'],
    ['{"a":tru}', 'expected a value at byte 5'],
    ['{"a":+1}', 'expected a value at byte 5'],
    ['{"a":01}', 'expected "," or "}" at byte 6'],
    ['{"a":1.}', 'expected "," or "}" at byte 6'],
    ['{"a":[1 2]}', 'expected "," or "]" at byte 8'],
    ['{"a":[1}', 'expected "," or "]" at byte 7'],
    ['{"a":"x', 'expected a closing quote at byte 7'],
    ['{"a":"x\\"', 'expected a closing quote at byte 9'],
    ['{"a":"\n"}', 'control character in a string at byte 6'],
    ['{"a":"x\0"}', 'control character in a string at byte 7'],
    ['{"a":"\\x"}', 'unknown escape at byte 6'],
    ['{"a":"\\u12g4"}', 'unknown escape at byte 6'],
    ['{"a":"\\', 'unknown escape at byte 6'],
    ['{"a":1}\0', 'expected the end at byte 7'],
    ['{"a":1}\u00a0', 'expected the end at byte 7'],
    ['{"é":\v1}', 'expected a value at byte 6'],
  ]
  for (const [text, problem] of cases)
    assert.equal(refusal(fromUtf8(text))?.message, `Cannot read JSON: ${problem}`, JSON.stringify(text))
})

test('scanObject refuses what is not UTF-8', () => {
  const broken = (...bytes: number[]) => Uint8Array.of(...fromUtf8('{"a":"'), ...bytes, ...fromUtf8('"}'))
  for (const bytes of [[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
    assert.equal(refusal(broken(...bytes))?.message, 'Cannot read JSON: not UTF-8 at byte 6', String(bytes))
  assert.equal(refusal(broken(0xef, 0xbf, 0xbd, 0xff))?.offset, 9)
  assert.equal(refusal(fromUtf8('{"a":"é').subarray(0, 7))?.offset, 6)
})

test('scanObject refuses deep nesting without running out of stack', () => {
  const nested = (depth: number) => fromUtf8(`{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`)
  assert.equal(refusal(nested(64)), undefined)
  assert.equal(refusal(nested(65))?.message, 'Cannot read JSON: nested deeper than 64 at byte 68')
  assert.ok(refusal(nested(100_000)))
  assert.ok(refusal(fromUtf8('{"a":'.repeat(100_000))))
  assert.equal(refusal(nested(3), 3), undefined)
  assert.ok(refusal(nested(4), 3))
})

test('siblings do not add to the depth', () => {
  assert.equal(refusal(fromUtf8(`{"a":[${'{},[],'.repeat(100)}0]}`), 3), undefined)
})

const space = fc.constantFrom('', '', ' ', '\n', '\r\n', '\t', '  ')
const string = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }).map(text => JSON.stringify(text)),
  fc.constantFrom(
    '"\\u006A\\/\\b"',
    '"\\ud83d"',
    '"a\\\\"',
    '"\\""',
    '"model"',
    '"__proto__"',
    '"\u2028\u007f"',
    '"é😀"',
  ),
)
const scalar = fc.oneof(
  string,
  fc.constantFrom('0', '-0', '1e400', '-1.50E-7', '12345678901234567890', 'true', 'false', 'null'),
)
const value: fc.Arbitrary<string> = fc.letrec<{ value: string; array: string; object: string }>(tie => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie('array'), tie('object')),
  array: fc
    .tuple(space, fc.array(fc.tuple(space, tie('value'), space), { maxLength: 4 }))
    .map(([empty, items]) => `[${empty}${items.map(item => item.join('')).join(',')}]`),
  object: fc
    .tuple(
      space,
      fc.array(fc.tuple(space, string, space, fc.constant(':'), space, tie('value'), space), { maxLength: 4 }),
    )
    .map(([empty, items]) => `{${empty}${items.map(item => item.join('')).join(',')}}`),
})).value
const object = fc
  .tuple(
    space,
    value.filter(text => text.startsWith('{')),
    space,
  )
  .map(parts => parts.join(''))

test('the members of any object are those of JSON.parse', () => {
  fc.assert(
    fc.property(object, text => {
      const bytes = fromUtf8(text)
      const members = scanObject(bytes)
      const entries = members.map(({ key, start, end }) => [key, JSON.parse(toUtf8(bytes, start, end))] as const)
      assert.deepEqual(Object.fromEntries(entries), JSON.parse(text))
      for (const { key, keyStart, end } of members)
        assert.deepEqual(Object.keys(JSON.parse(`{${toUtf8(bytes, keyStart, end)}}`)), [key])
    }),
    { numRuns: 500 },
  )
})

/** A few bytes of a legal text put elsewhere, doubled, lost or replaced. */
const damaged = fc
  .tuple(object, fc.nat(), fc.nat(3), fc.oneof(fc.constantFrom(...'{}[]",:\\u019.eE+-tn \n\0é\uFEFF'), fc.constant('')))
  .chain(([text, at, cut, put]) => {
    const bytes = fromUtf8(text)
    const start = at % (bytes.length + 1)
    const replaced = [...bytes.subarray(0, start), ...fromUtf8(put), ...bytes.subarray(start + cut)]
    return fc.constantFrom(Uint8Array.from(replaced), bytes.subarray(0, start))
  })

test('scanObject accepts exactly the objects that JSON.parse accepts', () => {
  const bytes = fc.oneof({ weight: 5, arbitrary: damaged }, fc.uint8Array({ maxLength: 20 }))
  fc.assert(
    fc.property(bytes, bytes => {
      assert.equal(refusal(bytes) === undefined, parsedObject(bytes) !== undefined)
    }),
    { numRuns: 3000 },
  )
})

test('a string of a megabyte full of escapes takes linear time', () => {
  const text = `{"a":"${'\\n'.repeat(250_000)}${'\\"'.repeat(250_000)}","b":[${'"\\t",'.repeat(100_000)}0]}`
  const started = performance.now()
  assert.equal(scan(text).length, 2)
  assert.ok(performance.now() - started < 1000)
})

test('the items of an array are found, as they stand in the bytes around it', () => {
  const bytes = fromUtf8('{"a": [ {"b":1} ,"ä", [2] ] }')
  const [a] = scanObject(bytes)
  assert.deepEqual(
    scanArray(bytes, a).map(({ start, end }) => toUtf8(bytes, start, end)),
    ['{"b":1}', '"ä"', '[2]'],
  )
  assert.deepEqual(scanArray(fromUtf8(' [] ')), [])
  for (const text of ['{}', '[1', '[1] 2', '[,]']) assert.throws(() => scanArray(fromUtf8(text)), JsonError, text)
})
