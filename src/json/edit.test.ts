import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { cutMember, insertMember, replaceSpan } from './edit.ts'
import { type Member, member, scanObject } from './scan.ts'

function found(bytes: Uint8Array, key: string): Member {
  const found = member(scanObject(bytes), key)
  assert.ok(found)
  return found
}

test('replaceSpan changes a value and no other byte', () => {
  const bytes = fromUtf8('{ "mod\\u0065l" : "a" ,"é":1e400}')
  assert.equal(toUtf8(replaceSpan(bytes, found(bytes, 'model'), '"😀"')), '{ "mod\\u0065l" : "😀" ,"é":1e400}')
})

test('insertMember adds a member at the end, also to an empty object', () => {
  const cases: [before: string, after: string][] = [
    ['{}', '{"n":1}'],
    [' { \n } ', ' {"n":1 \n } '],
    ['{"a":{}}', '{"a":{},"n":1}'],
    ['{\n  "a": "}"\n}\n', '{\n  "a": "}","n":1\n}\n'],
  ]
  for (const [before, after] of cases) assert.equal(toUtf8(insertMember(fromUtf8(before), 'n', '1')), after)
})

test('insertMember escapes the key', () => {
  assert.equal(toUtf8(insertMember(fromUtf8('{}'), 'a"\n', 'null')), '{"a\\"\\n":null}')
})

test('a nested object is edited in place', () => {
  const bytes = fromUtf8('{"stream_options": { }, "n": {"a": 1}}')
  const added = insertMember(bytes, 'include_usage', 'true', found(bytes, 'stream_options'))
  assert.equal(toUtf8(added), '{"stream_options": {"include_usage":true }, "n": {"a": 1}}')
  const [inner] = scanObject(added, found(added, 'stream_options'))
  assert.ok(inner)
  assert.equal(
    toUtf8(replaceSpan(added, inner, 'false')),
    '{"stream_options": {"include_usage":false }, "n": {"a": 1}}',
  )
  assert.equal(toUtf8(cutMember(added, inner)), '{"stream_options": { }, "n": {"a": 1}}')
})

test('cutMember takes one comma with it', () => {
  const cases: [before: string, after: string][] = [
    ['{"x":1}', '{}'],
    ['{ "x" : 1 }', '{  }'],
    ['{"x":1,"a":2}', '{"a":2}'],
    ['{"x":1 , "a":2}', '{"a":2}'],
    ['{"a":2,"x":1}', '{"a":2}'],
    ['{"a":2 ,\n"x":1\n}', '{"a":2 \n}'],
    ['{"a":2, "x":1, "b":3}', '{"a":2, "b":3}'],
  ]
  for (const [before, after] of cases) {
    const bytes = fromUtf8(before)
    assert.equal(toUtf8(cutMember(bytes, found(bytes, 'x'))), after)
  }
})

test('any edit is the edit of the parsed object, with every other value as it was', () => {
  const members = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), { selector: ([key]) => key, minLength: 1 })
  fc.assert(
    fc.property(members, fc.nat(), fc.jsonValue(), fc.constantFrom(0, 1, '\r\n\t'), (entries, nth, value, indent) => {
      const json = JSON.stringify(value)
      const bytes = fromUtf8(stringify(entries, indent))
      const at = nth % entries.length
      const target = scanObject(bytes)[at]
      const key = entries[at]?.[0]
      assert.ok(target)
      const without = entries.filter(entry => entry[0] !== key)
      const replaced = entries.map(entry => (entry[0] === key ? [key, value] : entry))
      assert.deepEqual(read(replaceSpan(bytes, target, json)), replaced.map(inJson))
      assert.deepEqual(read(cutMember(bytes, target)), without.map(inJson))
      const cut = cutMember(bytes, target)
      assert.deepEqual(read(insertMember(cut, 'new key', json)), [...without, ['new key', value]].map(inJson))
      assert.equal(replaceSpan(bytes, target, toUtf8(bytes, target.start, target.end)).length, bytes.length)
    }),
  )
})

function stringify(entries: readonly (readonly [string, unknown])[], indent: number | string): string {
  const gap = typeof indent === 'number' ? ' '.repeat(indent) : indent
  const members = entries.map(
    ([key, value]) => `${gap}${JSON.stringify(key)}${gap}:${JSON.stringify(value, null, indent)}`,
  )
  return `{${members.join(`${gap},`)}${gap}}`
}

/** The members in their order, as the parsed object may put them in another. */
function read(bytes: Uint8Array): unknown[] {
  return scanObject(bytes).map(({ key, start, end }) => [key, JSON.parse(toUtf8(bytes, start, end))])
}

function inJson(entry: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(entry))
}
