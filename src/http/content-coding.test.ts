import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodedHeaders, readContentCoding } from './content-coding.ts'

const rows: readonly (readonly [values: readonly string[], coding: string | undefined])[] = [
  [[], undefined],
  [[''], undefined],
  [['identity'], undefined],
  [['gzip'], 'gzip'],
  [['X-GZIP'], 'gzip'],
  [['deflate'], 'deflate'],
  [['br'], 'br'],
  [['zstd'], 'zstd'],
  [['identity, GZip '], 'gzip'],
]

for (const [values, coding] of rows)
  test(`content coding ${JSON.stringify(values)} is ${coding}`, () =>
    assert.equal(readContentCoding(values.flatMap(value => ['Content-Encoding', value])), coding))

for (const values of [['gzip, br'], ['gzip', 'gzip'], ['compress'], ['toString']])
  test(`content coding ${JSON.stringify(values)} is a failure`, () =>
    assert.deepEqual(readContentCoding(values.flatMap(value => ['content-encoding', value])), {
      code: 'upstream',
      status: 502,
      message: `Cannot decode the answer: its content coding is "${values.join(', ').toLowerCase()}"`,
    }))

test('a decoded body loses its coding and its length, and nothing else', () => {
  assert.deepEqual(decodedHeaders(['Content-Length', '9', 'A', '1', 'Content-Encoding', 'gzip']), ['A', '1'])
})
