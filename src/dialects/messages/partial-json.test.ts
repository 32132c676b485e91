import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completeJson } from './partial-json.ts'

const CASES: Readonly<Record<string, unknown>> = {
  '': undefined,
  '{': {},
  '{"a': {},
  '{"a":': {},
  '{"a":1': {},
  '{"a":1,': { a: 1 },
  '{"a":1,"b': { a: 1 },
  '{"a":"x","b":"y': { a: 'x' },
  '{"a":["x","y': { a: ['x'] },
  '{"a":{"b":"\\"}",': { a: { b: '"}' } },
  '{"a":tru': {},
  '{"a":true}': { a: true },
  '[{"a":[1,2': [{ a: [1] }],
  nonsense: undefined,
}

test('a cut text is completed', () => {
  for (const [text, value] of Object.entries(CASES)) assert.deepEqual(completeJson(text), value, text)
})

test('a number that no double holds keeps its digits', () => {
  assert.equal(JSON.stringify(completeJson('{"id":12345678901234567890,"x":"')), '{"id":12345678901234567890}')
})
