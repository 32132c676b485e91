import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLiteral, matchesGlob } from './glob.ts'

const MATCHES: readonly (readonly [glob: string, name: string, matches: boolean])[] = [
  ['gpt-5', 'gpt-5', true],
  ['gpt-5', 'gpt-5-mini', false],
  ['gpt-5', 'GPT-5', false],
  ['claude-*', 'claude-sonnet-5', true],
  ['claude-*', 'claude-', true],
  ['claude-*', 'my-claude-1', false],
  ['*', '', true],
  ['*', 'a/b:c', true],
  ['*/*', 'openai/gpt-5', true],
  ['*/*', 'gpt-5', false],
  ['*-mini', 'gpt-5-mini', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'acb', false],
  ['*ab*ab*', 'abab', true],
  ['*ab*ab*', 'aab', false],
  ['a.c', 'abc', false],
  ['o[0-9]', 'o1', false],
  ['a?', 'ab', false],
  ['**', 'x', true],
  ['', '', true],
  ['', 'x', false],
]

for (const [glob, name, matches] of MATCHES)
  test(`${JSON.stringify(glob)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(name)}`, () => {
    assert.equal(matchesGlob(glob, name), matches)
  })

/** The definition, one character at a time. */
function slowMatch(glob: string, name: string): boolean {
  if (glob === '') return name === ''
  if (glob[0] === '*') return slowMatch(glob.slice(1), name) || (name !== '' && slowMatch(glob, name.slice(1)))
  return glob[0] === name[0] && slowMatch(glob.slice(1), name.slice(1))
}

test('matchesGlob agrees with its slow twin', () => {
  const letters = (units: readonly string[], maxLength: number) =>
    fc.array(fc.constantFrom(...units), { maxLength }).map(parts => parts.join(''))
  fc.assert(
    fc.property(letters(['a', 'b', '*', '/', '.'], 8), letters(['a', 'b', '/', '.'], 12), (glob, name) => {
      assert.equal(matchesGlob(glob, name), slowMatch(glob, name))
    }),
    { numRuns: 3000 },
  )
})

test('a glob that makes backtracking explode is answered at once', () => {
  assert.equal(matchesGlob(`${'a*'.repeat(2000)}b`, 'a'.repeat(20_000)), false)
})

test('a literal has no star', () => {
  assert.equal(isLiteral('gpt-5'), true)
  assert.equal(isLiteral('gpt-*'), false)
})
