import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeader, getHeaders, type HeadersLike, toRawHeaders, withoutHeaders } from './headers.ts'

test('a header is found whatever its case, the first of its name', () => {
  const headers = ['Content-Type', 'text/plain', 'X-ID', '1', 'x-id', '2']
  assert.equal(getHeader(headers, 'content-type'), 'text/plain')
  assert.equal(getHeader(headers, 'X-Id'), '1')
  assert.equal(getHeader(headers, 'x-i'), undefined)
})

test('a value that reads like a name is not a header', () => {
  assert.equal(getHeader(['vary', 'accept', 'accept', 'x'], 'accept'), 'x')
  assert.deepEqual(getHeaders(['vary', 'accept'], 'accept'), [])
})

test('all values of a name come in order', () => {
  assert.deepEqual(getHeaders(['Set-Cookie', 'a=1', 'x', 'y', 'set-cookie', 'b=2'], 'set-cookie'), ['a=1', 'b=2'])
})

test('removing names keeps the order, the case and the repeats of the others', () => {
  assert.deepEqual(withoutHeaders(['B', '1', 'Drop', '2', 'a', '3', 'B', '4'], new Set(['drop'])), [
    'B',
    '1',
    'a',
    '3',
    'B',
    '4',
  ])
})

test('removing nothing gives the list itself', () => {
  const headers = ['a', '1']
  assert.equal(withoutHeaders(headers, new Set(['b'])), headers)
})

const cookies = new Headers([
  ['x', '1'],
  ['Set-Cookie', 'a=1'],
  ['Set-Cookie', 'b=2'],
])

const forms: readonly (readonly [name: string, headers: HeadersLike, raw: readonly string[]])[] = [
  ['a raw list', ['B', '1', 'a', '2', 'B', '3'], ['B', '1', 'a', '2', 'B', '3']],
  ['an empty list', [], []],
  ['pairs', Object.values({ one: ['B', '1'], two: ['a', '2'] } as const), ['B', '1', 'a', '2']],
  ['a map', new Map([['B', '1']]), ['B', '1']],
  ['Headers', cookies, ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x', '1']],
  ['a record', { B: '1', a: '2' }, ['B', '1', 'a', '2']],
  ['a record of lists, as Node gives', { a: ['1', '2'], b: undefined }, ['a', '1', 'a', '2']],
]

for (const [name, headers, raw] of forms)
  test(`${name} becomes a raw list`, () => assert.deepEqual([...toRawHeaders(headers)], raw))

test('a raw list that ends in a name is refused, and no value is quoted', () => {
  assert.throws(() => toRawHeaders(['authorization', 'secret', 'x']), {
    code: 'bad-request',
    message: 'Cannot read headers: no value for "x"',
  })
})
