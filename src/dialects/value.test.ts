import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countOf, defined, hasError, itemsOf, objectOf, parseJson, restOf, sumOf, textOf } from './value.ts'

test('only JSON objects are objects', () => {
  assert.deepEqual(objectOf({ a: 1 }), { a: 1 })
  for (const other of [null, undefined, [], 'a', 0, true]) assert.equal(objectOf(other), undefined)
})

test('absent, null and empty are told from what holds something', () => {
  assert.deepEqual([textOf('a'), textOf(''), textOf(null), textOf(1)], ['a', undefined, undefined, undefined])
  assert.deepEqual([itemsOf([0]), itemsOf('a'), itemsOf(undefined)], [[0], [], []])
  assert.deepEqual([countOf(0), countOf(1.5)], [0, 1.5])
  for (const other of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1', null]) assert.equal(countOf(other), undefined)
})

test('a sum is known when any of its counts is', () => {
  assert.equal(sumOf(undefined, 0, 2), 2)
  assert.equal(sumOf(0), 0)
  assert.equal(sumOf(undefined), undefined)
})

test('an error is an object or a text', () => {
  assert.deepEqual([{ error: {} }, { error: 'a' }, { error: null }, { error: '' }, {}].map(hasError), [
    true,
    true,
    false,
    false,
    false,
  ])
})

test('what is not JSON is undefined', () => {
  assert.deepEqual([parseJson('0'), parseJson('{'), parseJson('')], [0, undefined, undefined])
})

test('members that are undefined are left out, others stay', () => {
  assert.deepEqual(Object.entries(defined({ a: undefined, b: null, c: 0 })), [
    ['b', null],
    ['c', 0],
  ])
})

test('the rest is what nobody knows, as it came', () => {
  const known = new Set(['id', 'usage'])
  assert.deepEqual(restOf({ id: 1, seed: null, odd: 0, gone: undefined, usage: {} }, known), { seed: null, odd: 0 })
  assert.equal(restOf({ id: 1 }, known), undefined)
})

test('`__proto__` and `constructor` are names like any other', () => {
  const rest = restOf(JSON.parse('{"__proto__":{"polluted":1},"constructor":2}'), new Set())
  assert.equal(JSON.stringify(rest), '{"__proto__":{"polluted":1},"constructor":2}')
  assert.equal('polluted' in {}, false)
})
