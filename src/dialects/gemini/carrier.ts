/**
 * What rides in a part's `thoughtSignature`, which clients send back as it came: Google's own tokens, seals
 * of others, and whole parts that this dialect has no words for.
 * The slot holds bytes, so what we wrap is in base64 once more.
 */
import {
  fromByteSlot,
  type Part,
  type ReasoningPart,
  type Seal,
  toByteSlot,
  unwrapParts,
  unwrapSeal,
  wrapParts,
  wrapSeal,
} from '../../model/index.ts'

/** What a signature says: a seal of its part, or parts that stand in its part's place. */
export type Signature =
  | { readonly type: 'seal'; readonly seal: Seal }
  | { readonly type: 'parts'; readonly parts: readonly Part[] }

/** @param kind of a token of Google's: `encrypted` for one that stands alone, in no part that it proves */
export function readSignature(text: string, kind: Seal['kind'], issuer: string): Signature {
  const wrapped = fromByteSlot(text)
  const parts = unwrapParts(wrapped)
  if (parts !== undefined) return { type: 'parts', parts }
  return { type: 'seal', seal: unwrapSeal(wrapped) ?? { dialect: 'gemini', issuer, kind, value: text } }
}

/** A seal in a slot of its kind: as it came if it is Google's, else wrapped. */
export function sealText(seal: Seal, kind: Seal['kind']): string {
  return isOwn(seal) && seal.kind === kind ? seal.value : toByteSlot(wrapSeal(seal))
}

export function partsText(parts: readonly Part[]): string {
  return toByteSlot(wrapParts(parts))
}

export function isOwn({ dialect, id }: Seal): boolean {
  return dialect === 'gemini' && id === undefined
}

type Opening = Pick<ReasoningPart, 'form' | 'item' | 'native'>

/**
 * The beginning of a reasoning block that thought parts alone do not tell: what makes it different from a
 * plain one, or only that it is another one than before. A reasoning part without text and seals.
 */
export function openingText(opening: Opening): string {
  return partsText([{ kind: 'reasoning', texts: [], ...opening }])
}

/** What stands between two parts of one reasoning block. */
export const BREAK_TEXT: string = partsText([{ kind: 'reasoning', form: 'full', texts: ['', ''] }])

/** What a reasoning part means that we wrapped. */
export function meaningOf({ texts, seals = [] }: ReasoningPart): 'opening' | 'break' | 'part' {
  if (seals.length > 0 || texts.some(text => text !== '')) return 'part'
  return texts.length === 2 ? 'break' : 'opening'
}
