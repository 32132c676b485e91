import type { Native, Part, Seal } from '../../model/index.ts'
import { membersFor, unwrapParts, unwrapSeal, wrapParts, wrapSeal } from '../../model/index.ts'

/** Seals of one block of an item; undefined form: of its first. */
export interface FormSeals {
  readonly form: 'full' | 'summary' | undefined
  readonly seals: readonly Seal[]
}

/**
 * What rides in the `encrypted_content` of a reasoning item.
 *
 * A token of our upstreams' own dialect stands there as it is. A foreign seal of reasoning is wrapped.
 * Seals of another item (a thought signature on a call) ride in a reasoning item of their own right behind
 * it, and name it; calls and results of a foreign provider's tools ride whole in one.
 */
export type Carried =
  | { readonly kind: 'seals'; readonly ofForms: readonly FormSeals[] }
  /** `target`: the id of the item that the seals belong to. */
  | { readonly kind: 'seals-of'; readonly target: string | undefined; readonly seals: readonly Seal[] }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }

/**
 * @param id the reasoning item's, without which its token is refused
 * @param issuer who made a token that is not wrapped; '' for one that a client sent
 */
export function openCarrier(text: string, id: string | undefined, issuer: string): Carried {
  const seal = unwrapSeal(text)
  if (seal !== undefined) return { kind: 'seals', ofForms: [{ form: undefined, seals: [seal] }] }
  const parts = unwrapParts(text)
  if (parts === undefined) {
    const own = { dialect: 'responses', issuer, kind: 'encrypted', value: text } as const
    return { kind: 'seals', ofForms: [{ form: undefined, seals: [id === undefined ? own : { ...own, id }] }] }
  }
  const [first] = parts
  const seals = first?.seals ?? []
  switch (membersFor('responses', first?.native)?.carries) {
    case 'own':
      return { kind: 'seals', ofForms: parts.map(({ native, seals = [] }) => ({ form: formIn(native), seals })) }
    case 'other':
      return { kind: 'seals-of', target: first?.item, seals }
    default:
      return { kind: 'parts', parts }
  }
}

function formIn(native: Native | undefined): FormSeals['form'] {
  const form = membersFor('responses', native)?.form
  return form === 'full' || form === 'summary' ? form : undefined
}

/**
 * The seals of a reasoning item, by the forms of its blocks: our own dialect's token as it is, others wrapped.
 * @param id the item's: a token of another id is wrapped too, since it is refused without its own
 * @param first the form of its first block
 */
export function carrySeals(
  seals: ReadonlyMap<'full' | 'summary', readonly Seal[]>,
  id: string,
  first: string | undefined,
): string {
  const [[form, [seal, ...more]] = ['full', []]] = seals
  if (seals.size > 1 || form !== first || seal === undefined || more.length > 0)
    return wrapParts([...seals].map(([form, seals]) => ({ ...carrierPart({ carries: 'own', form }), seals })))
  return seal.dialect === 'responses' && seal.kind === 'encrypted' && seal.id === id ? seal.value : wrapSeal(seal)
}

/** The seals of another item than reasoning. */
export function carrySealsOf(target: string, seals: readonly Seal[]): string {
  return wrapParts([sealsPart(target, seals)])
}

/** A part that is nothing but the seals of an item. */
export function sealsPart(target: string | undefined, seals: readonly Seal[]): Part {
  return { ...carrierPart({ carries: 'other' }), item: target, seals }
}

/** Whether a part is nothing but the seals of an item. */
export function isSealsPart({ kind, native }: Part): boolean {
  return kind === 'native' && membersFor('responses', native)?.carries === 'other'
}

function carrierPart(members: Native['members']) {
  return { kind: 'native', native: { dialect: 'responses', members } } as const
}
