import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseExact } from './exact.ts'

/** Numbers that a double would change, and that come back letter for letter. */
const KEPT = [
  '12345678901234567890',
  '-12345678901234567890',
  '9007199254740993',
  '123456789.123456789',
  '0.1000000000000000055511151231257827',
  '12345678901234567890.10',
  '1e400',
  '-1E+400',
  '1e-400',
  '0.00000000000000000000000000000000000000001e-300',
]

for (const number of KEPT)
  test(`${number} stays as it is`, () => {
    for (const text of [number, `[${number}]`, `{"a":{"b":[1,${number}]}}`])
      assert.equal(JSON.stringify(parseExact(text)), text)
  })

/** Numbers in long notations that a double holds. */
const HELD: readonly (readonly [text: string, value: number])[] = [
  ['1000000000000000000000', 1e21],
  ['9007199254740992', 2 ** 53],
  ['0.0000000000000001', 1e-16],
  ['1.0000000000000000', 1],
  ['0.30000000000000004', 0.1 + 0.2],
  ['100e-002', 1],
  ['1.5E+0300', 1.5e300],
  ['0.0000000000000000', 0],
  ['0e400', 0],
]

for (const [text, value] of HELD) test(`${text} is a number`, () => assert.equal(parseExact(text), value))

test('texts are not numbers', () => {
  const text = '{"12345678901234567890":"12345678901234567890","a":"1e400","b":12345678901234567890}'
  assert.equal(JSON.stringify(parseExact(text)), text)
})

test('what is not JSON is thrown as by JSON.parse', () => {
  for (const text of ['', '{', '01', '1e', '[1234567890123456789,]', '1234567890123456789x'])
    assert.throws(() => parseExact(text), SyntaxError, text)
})

test('`__proto__` is a name like any other', () => {
  const text = '{"__proto__":{"a":12345678901234567890}}'
  assert.equal(JSON.stringify(parseExact(text)), text)
})

const digits = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 25 }).map(digits => digits.join(''))
const numbers = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits.map(digits => digits.replace(/^0+(?=.)/, '')),
    fc.option(digits, { nil: undefined }),
    fc.option(fc.integer({ min: -450, max: 450 }), { nil: undefined }),
  )
  .map(([sign, whole, fraction, exponent]) => {
    return `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent === undefined ? '' : `e${exponent}`}`
  })

test('every number is written as the same number again', () => {
  fc.assert(
    fc.property(numbers, number => {
      const written = JSON.stringify(parseExact(number))
      assert.deepEqual(rational(written), rational(number), `${number} became ${written}`)
    }),
    { numRuns: 5000 },
  )
})

test('values without such numbers are those of JSON.parse', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = JSON.stringify(value)
      assert.deepEqual(parseExact(text), JSON.parse(text))
    }),
  )
})

/** A number as a whole number and a power of ten, in lowest terms. */
function rational(number: string): readonly [bigint, number] {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  let mantissa = BigInt(whole + fraction)
  let power = Number(exponent) - fraction.length
  if (mantissa === 0n) return [0n, 0]
  for (; mantissa % 10n === 0n; power++) mantissa /= 10n
  return [sign === '-' ? -mantissa : mantissa, power]
}
