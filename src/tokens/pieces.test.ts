import assert from 'node:assert/strict'
import { test } from 'node:test'
import { piecesOf } from './pieces.ts'

test('a text is cut before blanks, else between characters, and nothing of it is lost', () => {
  const words = 'flour and '.repeat(1000)
  for (const text of ['', 'short', words, 'x'.repeat(10_000), `y${'🌾'.repeat(5000)}`]) {
    const pieces = [...piecesOf(text)]
    assert.equal(pieces.join(''), text)
    assert.ok(pieces.every(piece => piece.length <= 4096 && piece.isWellFormed()))
  }
  assert.ok([...piecesOf(words)].slice(1).every(piece => piece.startsWith(' ')))
})
