import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { MemberCollector } from './collect.ts'

const NAMES = ['usage', 'model', '__proto__', 'é']

function collect(chunks: readonly Uint8Array[], maxMemberBytes = 16 * 1024): Record<string, unknown> {
  const collector = new MemberCollector(NAMES, { maxMemberBytes })
  for (const chunk of chunks) collector.push(chunk)
  return Object.fromEntries(collector.values())
}

function collectText(text: string, maxMemberBytes?: number): Record<string, unknown> {
  return collect([fromUtf8(text)], maxMemberBytes)
}

test('MemberCollector keeps the wanted top-level members', () => {
  const text =
    '{"id":"x","model":"m","choices":[{"usage":1,"model":{"usage":2}}], "usage" : {"input":[1, 2]} , "é":null}'
  assert.deepEqual(collectText(text), { model: 'm', usage: { input: [1, 2] }, é: null })
})

test('MemberCollector keeps every kind of value', () => {
  for (const value of ['0', '-1.5e3', '""', '"a\\"}\\\\"', 'true', 'null', '[]', '{}', '[[{}]]', '"\\ud800"', '"é😀"'])
    assert.deepEqual(collectText(`{"a":0,"usage":${value}}`), { usage: JSON.parse(value) }, value)
})

test('the last member of a name counts', () => {
  assert.deepEqual(collectText('{"usage":1,"us\\u0061ge":2}'), { usage: 2 })
  assert.deepEqual(collectText(`{"usage":1,"usage":"${'x'.repeat(20)}"}`, 16), {})
})

test('words inside of strings are not members', () => {
  assert.deepEqual(collectText('{"text":"\\",\\"usage\\":1,","a":["usage",1,{"model":2}],"b":"usage"}'), {})
})

test('the members of an array of objects count as those of one object', () => {
  const text = '[{"model":"m","usage":{"n":1}},\r\n{"usage":{"n":2}},["usage",3,"model"],"usage",{"a":[{"usage":4}]}]'
  assert.deepEqual(collectText(text), { model: 'm', usage: { n: 2 } })
})

test('what is not an object or an array of objects has no members', () => {
  for (const text of [
    '',
    ' ',
    '"usage"',
    '1',
    'null',
    '\uFEFF{"usage":1}',
    '<html>{"usage":1}',
    '[["usage"]]',
    '{}{"usage":1}',
  ])
    assert.deepEqual(collectText(text), {}, text)
})

test('a member that was cut off, or is not JSON, is left out', () => {
  assert.deepEqual(collectText('{"model":"m","usage":{"n":1'), { model: 'm' })
  assert.deepEqual(collectText('{"model":"m","usage":1'), { model: 'm' })
  assert.deepEqual(collectText('{"model":"m","usage":{n:1}}'), { model: 'm' })
})

test('a body is complete when its object or array has closed, and not before', () => {
  for (const text of ['{"a":["}"]}', '[{"a":1},{"b":"]"}]', ' {}'])
    for (let end = 0; end <= text.length; end++) {
      const collector = new MemberCollector(NAMES)
      collector.push(fromUtf8(text.slice(0, end)))
      assert.equal(collector.isComplete, end === text.length, text.slice(0, end))
    }
})

test('a member up to the limit is kept, a larger one is not, wherever it is cut', () => {
  const bytes = fromUtf8('{"a":0,"usage":"é345678","model":"m"}')
  for (let cut = 0; cut <= bytes.length; cut++) {
    const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)]
    assert.deepEqual(collect(chunks, 10), { usage: 'é345678', model: 'm' })
    assert.deepEqual(collect(chunks, 9), { model: 'm' })
  }
})

test('deep nesting is only counted', () => {
  const text = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)},"usage":1}`
  assert.deepEqual(collectText(text), { usage: 1 })
})

const json = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.oneof(
          fc.constantFrom('usage', 'model', 'é', '__proto__', 'a'),
          fc.string({ unit: 'grapheme', maxLength: 4 }),
        ),
        fc.oneof(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom('\\', '\\"', '"}', '"usage":1')),
      ),
      { maxLength: 6, size: 'max' },
    ),
    fc.constantFrom(0, 1),
  )
  .map(([entries, indent]) => {
    const members = entries.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value, null, indent)}`)
    return `{${members.join(' ,')}}`
  })

/** The wanted members that JSON.parse gives. */
function expected(...texts: readonly string[]): Record<string, unknown> {
  const entries = texts.flatMap(text => Object.entries(JSON.parse(text)))
  return Object.fromEntries(entries.filter(([key]) => NAMES.includes(key)))
}

test('the members are those of JSON.parse at every cut', () => {
  fc.assert(
    fc.property(json, text => {
      const bytes = fromUtf8(text)
      const members = expected(text)
      for (let cut = 0; cut <= bytes.length; cut++)
        assert.deepEqual(collect([bytes.subarray(0, cut), bytes.subarray(cut)]), members, `${text} cut at ${cut}`)
      assert.deepEqual(collect(Array.from(bytes, byte => Uint8Array.of(byte))), members)
    }),
  )
})

test('the members of an array are those of its elements at every cut', () => {
  fc.assert(
    fc.property(json, json, (first, second) => {
      const bytes = fromUtf8(`[${first},\n${second}]`)
      for (let cut = 0; cut <= bytes.length; cut += 3)
        assert.deepEqual(collect([bytes.subarray(0, cut), bytes.subarray(cut)]), expected(first, second))
    }),
  )
})

test('any bytes at any cut throw nothing and give the same', () => {
  const tokens = fc.constantFrom(...'{}[]",:\\ 1é', '"usage":', '"model":{', 'null', '\uFEFF')
  const bytes = fc.oneof(
    fc.array(tokens, { size: 'medium' }).map(parts => fromUtf8(parts.join(''))),
    fc.uint8Array({ size: 'medium' }),
  )
  fc.assert(
    fc.property(bytes, fc.nat(), (bytes, nth) => {
      const cut = nth % (bytes.length + 1)
      assert.deepEqual(collect([bytes.subarray(0, cut), bytes.subarray(cut)]), collect([bytes]), toUtf8(bytes))
    }),
    { numRuns: 1000 },
  )
})

test('a string of 32 MiB full of escapes, in small chunks, takes linear time', () => {
  const collector = new MemberCollector(NAMES)
  const chunk = fromUtf8('\\\\\\"x\\n'.repeat(512))
  const started = performance.now()
  collector.push(fromUtf8('{"text":"'))
  for (let count = 0; count < 8192; count++) collector.push(chunk)
  collector.push(fromUtf8('","usage":1}'))
  assert.deepEqual(Object.fromEntries(collector.values()), { usage: 1 })
  assert.ok(performance.now() - started < 5000)
})
