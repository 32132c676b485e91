import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deltasOf, wordsOf } from './script.ts'

test('words carry the white space before them', () => {
  assert.deepEqual(wordsOf('A mill,\n\nby a stream.\n'), ['A', ' mill,', '\n\nby', ' a', ' stream.', '\n'])
  assert.deepEqual(wordsOf(''), [])
})

test('the deltas of a block are its text, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      assert.equal(deltasOf({ kind: 'text', text }).join(''), text)
      assert.equal(deltasOf({ kind: 'tool-call', call: 0, name: 'mill', input: text }).join(''), text)
    }),
  )
})
