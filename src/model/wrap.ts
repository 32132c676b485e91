import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from '../bytes.ts'
import type { Part } from './part.ts'
import type { Seal } from './seal.ts'
import { isPart, isSeal } from './shape.ts'

/** Our tag and the version of what follows it. No provider's token holds a dot so early. */
const SEAL_TAG = 'mr1s.'
const PARTS_TAG = 'mr1p.'

/** What both tags begin with: for whoever looks for wrapped things in bytes. */
export const WRAPPED_TAG = 'mr1'

/** The same in a slot that holds bytes. */
const WRAPPED_BYTES = toBase64Url(fromUtf8(WRAPPED_TAG))

/** A seal as one opaque text that may travel in a foreign client's echo slot and come back. */
export function wrapSeal({ dialect, issuer, kind, value, id }: Seal): string {
  return wrap(SEAL_TAG, id === undefined ? [dialect, issuer, kind, value] : [dialect, issuer, kind, value, id])
}

/** The seal in a text that `wrapSeal` made; undefined for every other text. */
export function unwrapSeal(text: string): Seal | undefined {
  const fields = unwrap(SEAL_TAG, text)
  if (!Array.isArray(fields)) return undefined
  const [dialect, issuer, kind, value, id] = fields
  const seal = id === undefined ? { dialect, issuer, kind, value } : { dialect, issuer, kind, value, id }
  return isSeal(seal) && wrapSeal(seal) === text ? seal : undefined
}

/** Parts that a foreign client cannot show, to be given back as they are: calls and results of the provider's tools. */
export function wrapParts(parts: readonly Part[]): string {
  return wrap(PARTS_TAG, parts)
}

/**
 * The parts in a text that `wrapParts` made; undefined for every other text. It comes from a client, who
 * may have made it up: what is given back has the members that a part of its kind must have.
 */
export function unwrapParts(text: string): readonly Part[] | undefined {
  const parts = unwrap(PARTS_TAG, text)
  return Array.isArray(parts) && parts.every(isPart) ? parts : undefined
}

/** Whether a text is something that we wrapped, for whatever slot. */
export function isWrapped(text: string): boolean {
  const wrapped = fromByteSlot(text)
  return unwrapSeal(wrapped) !== undefined || unwrapParts(wrapped) !== undefined
}

/**
 * What we wrapped, for a slot that holds bytes: in base64 once more. Google's clients in Python, Go and Java
 * refuse an answer with anything else there.
 */
export function toByteSlot(wrapped: string): string {
  const text = toBase64Url(fromUtf8(wrapped)).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** What we wrapped for such a slot, whichever alphabet its client writes; every other text as it is. */
export function fromByteSlot(text: string): string {
  if (!text.startsWith(WRAPPED_BYTES)) return text
  try {
    return toUtf8(fromBase64Url(text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')))
  } catch {
    // A text that only looks like ours is somebody else's.
    return text
  }
}

function wrap(tag: string, value: unknown): string {
  return tag + toBase64Url(fromUtf8(JSON.stringify(value)))
}

function unwrap(tag: string, text: string): unknown {
  if (!text.startsWith(tag)) return undefined
  try {
    return JSON.parse(toUtf8(fromBase64Url(text.slice(tag.length))))
  } catch {
    // A text that only looks like ours is somebody else's.
    return undefined
  }
}
