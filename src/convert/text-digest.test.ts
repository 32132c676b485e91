import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeed, type DigestSeed, TextDigest } from './text-digest.ts'

const SEED: DigestSeed = [1, 2]

function digest(...pieces: readonly string[]): string {
  const digest = new TextDigest(SEED)
  for (const piece of pieces) digest.push(piece)
  return digest.value
}

test('the digest of a text is the same at every cut, and without its blanks', () => {
  const text = 'Let me see. 🌾\n\tYes'
  for (let at = 0; at <= text.length; at++) assert.equal(digest(text.slice(0, at), text.slice(at)), digest(text))
  assert.equal(digest('  Let me see.🌾 Yes\n'), digest(text))
  assert.match(digest(text), /^[0-9a-f]{16}$/)
})

test('texts that differ little have digests that differ', () => {
  const texts = Array.from({ length: 20_000 }, (_, n) => [
    `Message ${n}`,
    `${n} is the number`,
    'a'.repeat(n % 500) + n,
  ])
  const distinct = new Set(texts.flat().map(text => text.replaceAll(' ', '')))
  assert.equal(new Set(texts.flat().map(text => digest(text))).size, distinct.size)
  assert.notEqual(digest('ab'), digest('ba'))
})

test('a text of blanks only is empty', () => {
  const digest = new TextDigest(SEED)
  digest.push(' \n\t')
  assert.equal(digest.isEmpty, true)
  digest.push('.')
  assert.equal(digest.isEmpty, false)
})

test('each seed makes digests of its own', () => {
  const [one, two] = [new TextDigest(createSeed()), new TextDigest(createSeed())]
  for (const digest of [one, two]) digest.push('Hello')
  assert.notEqual(one.value, two.value)
})
