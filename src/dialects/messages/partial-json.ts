import { parseExact } from '../../json/index.ts'

/**
 * The value of a JSON text that may have been cut: what is open is closed, and a string, number or word
 * that is not yet whole is left out, as the official client does. Undefined where nothing of it is JSON.
 */
export function completeJson(text: string): unknown {
  return parsed(text) ?? parsed(closed(text))
}

function parsed(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    // Expected of a text that was cut: the caller mends it.
    return undefined
  }
}

/** The text up to the end of its last whole value, with all that is open there closed. */
function closed(text: string): string {
  const closers: string[] = []
  let end = 0
  let closing = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (BETWEEN.has(char)) continue
    const isKey = char === '"' && closers.at(-1) === '}' && isAfterComma(text, at)
    if (char === '{' || char === '[') closers.push(char === '{' ? '}' : ']')
    else if (char === '}' || char === ']') closers.pop()
    else at = char === '"' ? stringEnd(text, at) : wordEnd(text, at)
    if (isKey) continue
    if (at >= text.length) break
    end = at + 1
    closing = closers.toReversed().join('')
  }
  return text.slice(0, end) + closing
}

const BETWEEN: ReadonlySet<string> = new Set([' ', '\n', '\r', '\t', ',', ':'])

function isAfterComma(text: string, at: number): boolean {
  const before = text.slice(0, at).trimEnd().at(-1)
  return before === '{' || before === ','
}

/** The index of the quote that ends the string which begins at `at`; the text's length if none does. */
function stringEnd(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === '"') return end
  }
  return text.length
}

/** The index of the last character of a number or word; the text's length if it may go on. */
function wordEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && !BETWEEN.has(text[end] as string) && text[end] !== '}' && text[end] !== ']') end++
  return end === text.length ? end : end - 1
}
