/**
 * Finds every text in which a number may stand that a double does not hold: one with more digits than
 * the 15 that all doubles keep, or with a large exponent. Inside a string the same does no harm.
 */
const LONG_NUMBER = /\d[\d.]{15}|\d[eE][+-]?\d{3}/

interface RawJson {
  rawJSON?(text: string): unknown
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

/**
 * `JSON.parse` that keeps every number: what a double cannot hold stays its own text, and is written by
 * `JSON.stringify` as it came. Only texts with such a number take the slow way.
 *
 * @throws {SyntaxError} for what is not JSON
 */
export function parseExact(text: string): unknown {
  const { rawJSON } = JSON as RawJson
  if (rawJSON === undefined || !LONG_NUMBER.test(text)) return JSON.parse(text)
  const parse = JSON.parse as (text: string, reviver: Reviver) => unknown
  return parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && !isExact(value, context.source)
      ? rawJSON(context.source)
      : value,
  )
}

/** Whether a double writes the same number that its source does, in whatever notation. */
function isExact(value: number, source: string): boolean {
  return String(value) === source || (Number.isFinite(value) && decimalOf(String(value)) === decimalOf(source))
}

/** A number in one notation of all: its digits as a fraction below one, and the exponent. */
function decimalOf(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  if (digits === '') return '0'
  const leadingZeros = whole.length + fraction.length - digits.length
  const sign = mantissa.startsWith('-') ? '-' : ''
  return `${sign}0.${digits.replace(/0+$/, '')}e${Number(exponent) + whole.length - leadingZeros}`
}
