import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cut, Cutter } from './cutter.ts'
import { seededRandom } from './random.ts'

function cutAll(cut: Cut, texts: readonly string[]): string[] {
  const cutter = new Cutter(cut, seededRandom(1))
  const writes = [...texts.flatMap(text => [...cutter.push(Buffer.from(text))]), ...cutter.flush()]
  return writes.map(String)
}

test('Cutter cuts without regard to what comes together', () => {
  assert.deepEqual(cutAll(undefined, ['one', 'two', 'three']), ['one', 'two', 'three'])
  assert.deepEqual(cutAll(2, ['one', 'two', 'three']), ['on', 'et', 'wo', 'th', 're', 'e'])
  assert.deepEqual(cutAll(1, ['one']), ['o', 'n', 'e'])
  assert.deepEqual(cutAll('all', ['one', 'two', 'three']), ['onetwothree'])
  assert.deepEqual(cutAll('all', []), [])
})

test('Cutter cuts at random the same way for the same seed', () => {
  const text = 'mill '.repeat(100)
  assert.deepEqual(cutAll('random', [text]), cutAll('random', [text]))
  assert.ok(new Set(cutAll('random', [text]).map(write => write.length)).size > 3)
})

test('Cutter loses nothing and writes nothing empty', () => {
  const cuts = fc.oneof(fc.constantFrom<Cut>('all', 'random', undefined), fc.integer({ min: 1, max: 9 }))
  fc.assert(
    fc.property(cuts, fc.array(fc.string({ minLength: 1, unit: 'grapheme-ascii' })), (cut, texts) => {
      const writes = cutAll(cut, texts)
      assert.equal(writes.join(''), texts.join(''))
      assert.ok(!writes.includes(''))
    }),
  )
})
