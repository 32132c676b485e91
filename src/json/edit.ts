/**
 * Edits of bytes that `scanObject` accepted. Every other byte stays as it is. What lies behind the
 * edit moves: of several edits the last in the text comes first, or the text is scanned again.
 */

import { concat, fromUtf8 } from '../bytes.ts'
import type { Member, Span } from './scan.ts'
import { isSpace } from './scan.ts'

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const COMMA = 0x2c

/** @param json the new value's text */
export function replaceSpan(bytes: Uint8Array, { start, end }: Span, json: string): Uint8Array {
  return concat([bytes.subarray(0, start), fromUtf8(json), bytes.subarray(end)])
}

/**
 * Adds a member as the last one of an object.
 *
 * @param valueJson the value's text
 * @param object where the object stands, default all of `bytes`
 */
export function insertMember(
  bytes: Uint8Array,
  key: string,
  valueJson: string,
  object: Span = { start: 0, end: bytes.length },
): Uint8Array {
  const at = spaceStart(bytes, bytes.lastIndexOf(CLOSE_BRACE, object.end - 1))
  const comma = bytes[at - 1] === OPEN_BRACE ? '' : ','
  return replaceSpan(bytes, { start: at, end: at }, `${comma}${JSON.stringify(key)}:${valueJson}`)
}

/** Takes a member out, with the comma after it, or before it when it is the last one. */
export function cutMember(bytes: Uint8Array, { keyStart, end }: Member): Uint8Array {
  return cutItem(bytes, { start: keyStart, end })
}

/** Takes an item of an array out, with one comma likewise. */
export function cutItem(bytes: Uint8Array, { start, end }: Span): Uint8Array {
  const next = spaceEnd(bytes, end)
  if (bytes[next] === COMMA) return replaceSpan(bytes, { start, end: spaceEnd(bytes, next + 1) }, '')
  const before = spaceStart(bytes, start) - 1
  return replaceSpan(bytes, { start: bytes[before] === COMMA ? before : start, end }, '')
}

/** Where the white space that ends at `end` begins. */
function spaceStart(bytes: Uint8Array, end: number): number {
  let at = end
  while (isSpace(bytes[at - 1])) at--
  return at
}

/** Where the white space that begins at `start` ends. */
function spaceEnd(bytes: Uint8Array, start: number): number {
  let at = start
  while (isSpace(bytes[at])) at++
  return at
}
