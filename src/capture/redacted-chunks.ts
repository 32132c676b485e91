import { fromLatin1, fromUtf8, isUtf8, toLatin1, toUtf8 } from '../bytes.ts'
import type { Redactor } from '../redact.ts'

/**
 * What one side said, without its secrets, in the pieces in which it was said. A secret that was cut in
 * two is found; without any the pieces are the very bytes.
 *
 * @param ends where each piece ends in the bytes
 */
export function redactedChunks(bytes: Uint8Array, ends: readonly number[], redactor: Redactor): readonly Uint8Array[] {
  const isText = isUtf8(bytes)
  const text = isText ? toUtf8(bytes) : toLatin1(bytes)
  const places = isText ? charactersBefore(bytes, ends) : ends
  const { text: redacted, cuts } = redactor.pieces(text, places)
  if (redacted === text) return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
  const encode = isText ? fromUtf8 : fromLatin1
  return cuts.map((cut, at) => encode(redacted.slice(cuts[at - 1] ?? 0, cut)))
}

/** Redacts a whole body. */
export function redactedBody(bytes: Uint8Array, redactor: Redactor): Uint8Array {
  return redactedChunks(bytes, [bytes.length], redactor)[0] as Uint8Array
}

/** How many characters end before each place; a cut through a character counts as before it. */
function charactersBefore(bytes: Uint8Array, places: readonly number[]): readonly number[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let from = 0
  let characters = 0
  return places.map(to => {
    characters += decoder.decode(bytes.subarray(from, to), { stream: true }).length
    from = to
    return characters
  })
}
