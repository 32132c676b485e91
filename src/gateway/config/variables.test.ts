// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of a configuration file
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { substitute } from './variables.ts'

const ENV = { KEY: 'secret-1', EMPTY: '', NESTED: '${KEY}', PORT: '80' }

const TEXTS: readonly (readonly [text: string, result: string])[] = [
  ['plain', 'plain'],
  ['a $ b {c} $d', 'a $ b {c} $d'],
  ['${KEY}', 'secret-1'],
  ['Bearer ${KEY}!', 'Bearer secret-1!'],
  ['${KEY}${PORT}', 'secret-180'],
  ['${EMPTY}', ''],
  ['${MISSING:-text}', 'text'],
  ['${EMPTY:-text}', 'text'],
  ['${KEY:-text}', 'secret-1'],
  ['${KEY:-}', 'secret-1'],
  ['${MISSING:-a:-b}', 'a:-b'],
  ['$${KEY}', '${KEY}'],
  ['$$${KEY}', '$${KEY}'],
  ['${NESTED}', '${KEY}'],
]

for (const [text, result] of TEXTS)
  test(`${text} becomes ${result}`, () => {
    const substituted = substitute(text, ENV)
    assert.equal(substituted.kind === 'text' ? substituted.text : substituted, result)
  })

for (const text of ['${MISSING:-}', '${EMPTY:-}', 'Bearer ${MISSING:-}', '${KEY}${MISSING:-}'])
  test(`${text} is absent`, () => {
    assert.deepEqual(substitute(text, ENV), { kind: 'absent' })
  })

test('an unset variable is a problem that names it', () => {
  assert.deepEqual(substitute('Bearer ${MISSING}', ENV), {
    kind: 'problem',
    message: 'uses ${MISSING}, but that variable is not set: set it, or write ${MISSING:-} to leave the member out',
  })
})

for (const text of ['${', '${}', '${1A}', '${KEY', '${KEY-x}', '${ KEY }'])
  test(`${text} begins no variable`, () => {
    assert.equal(substitute(text, ENV).kind, 'problem')
  })

test('only a text that is one variable may stand for a number', () => {
  const isVariable = (text: string) => {
    const substituted = substitute(text, ENV)
    return substituted.kind === 'text' && substituted.isVariable
  }
  assert.deepEqual(['${PORT}', '${MISSING:-1}', '80', '8${PORT}', '${PORT}${PORT}', '$${PORT}'].map(isVariable), [
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})

test('what stands outside of variables stays, and values are not read again', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (before, after, value) => {
      fc.pre(!before.includes('$') && !after.includes('$'))
      const substituted = substitute(`${before}\${X}${after}`, { X: value })
      assert.equal(substituted.kind === 'text' && substituted.text, before + value + after)
    }),
  )
})
