import type { Part, Seal } from '../../model/index.ts'
import { membersFor, unwrapParts, unwrapSeal, wrapParts, wrapSeal } from '../../model/index.ts'

/**
 * What rides in the `encrypted_content` of a reasoning item.
 *
 * A token of our upstreams' own dialect stands there as it is. A foreign seal of reasoning is wrapped.
 * Seals of another item (a thought signature on a call) ride in a reasoning item of their own right behind
 * it, and name it; calls and results of a foreign provider's tools ride whole in one.
 */
export type Carried =
  | { readonly kind: 'seals'; readonly seals: readonly Seal[] }
  /** `target`: the id of the item that the seals belong to. */
  | { readonly kind: 'seals-of'; readonly target: string | undefined; readonly seals: readonly Seal[] }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }

/**
 * @param id the reasoning item's, without which its token is refused
 * @param issuer who made a token that is not wrapped; '' for one that a client sent
 */
export function openCarrier(text: string, id: string | undefined, issuer: string): Carried {
  const seal = unwrapSeal(text)
  if (seal !== undefined) return { kind: 'seals', seals: [seal] }
  const parts = unwrapParts(text)
  if (parts === undefined) {
    const own = { dialect: 'responses', issuer, kind: 'encrypted', value: text } as const
    return { kind: 'seals', seals: [id === undefined ? own : { ...own, id }] }
  }
  const [first] = parts
  const seals = first?.seals ?? []
  switch (membersFor('responses', first?.native)?.carries) {
    case 'own':
      return { kind: 'seals', seals }
    case 'other':
      return { kind: 'seals-of', target: first?.item, seals }
    default:
      return { kind: 'parts', parts }
  }
}

/** The seals of one reasoning block: our own dialect's token as it is, others wrapped. */
export function carrySeals(seals: readonly Seal[]): string {
  const [seal] = seals
  if (seals.length !== 1 || seal === undefined) return wrapParts([carrierPart('own', undefined, seals)])
  return seal.dialect === 'responses' && seal.kind === 'encrypted' ? seal.value : wrapSeal(seal)
}

/** The seals of another item than reasoning. */
export function carrySealsOf(target: string, seals: readonly Seal[]): string {
  return wrapParts([carrierPart('other', target, seals)])
}

function carrierPart(carries: 'own' | 'other', item: string | undefined, seals: readonly Seal[]): Part {
  const native = { dialect: 'responses', members: { carries } } as const
  return item === undefined ? { kind: 'native', native, seals } : { kind: 'native', native, seals, item }
}
