/** A number that a double may not hold exactly, or overflow; inside a string it does no harm. */
const LONG_NUMBER = /\d{16}|\d[eE][+-]?\d{3}/

interface RawJson {
  rawJSON?(text: string): unknown
}

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

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

function isExact(value: number, source: string): boolean {
  return Number.isFinite(value) && (String(value) === source || Number.isSafeInteger(value) || !/^-?\d+$/.test(source))
}
