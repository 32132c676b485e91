import { type Part, type Seal, unwrapParts, unwrapSeal, wrapParts, wrapSeal } from '../../model/index.ts'
import { itemsOf, objectOf, parseJson, textOf, type Unread, type Wire } from '../value.ts'
import type { ReasoningDetail } from './wire.ts'

/**
 * Where things ride that this dialect has no member for: the items of `reasoning_details`, which clients
 * send back as they came, and the `extra_content` of a tool call.
 */

/** The `format` of the items that we write. */
const FORMAT = 'millrace-v1'

/** A reasoning block as the carrier tells it. */
export interface CarriedReasoning {
  readonly form: 'full' | 'summary'
  readonly texts: readonly string[]
  readonly seals: readonly Seal[]
}

/** What an item of ours says. `place` counts the reasoning blocks of its candidate. */
export type OwnDetail =
  /** Parts that the client cannot show. */
  | { readonly type: 'parts'; readonly parts: readonly Part[] }
  /** The seal of the block of text or refusal that is open. */
  | { readonly type: 'seal'; readonly of: string; readonly seal: Seal }
  /** A block of reasoning summaries begins. */
  | { readonly type: 'opening'; readonly place: number }
  /** The next summary begins. */
  | { readonly type: 'break'; readonly place: number }
  /** A block of reasoning has ended; its text is a repetition. */
  | ({ readonly type: 'reasoning'; readonly place: number } & CarriedReasoning)

/** What stands between two summaries where a client reads them as one text. */
export const PART_BREAK = '\n\n'

/** The items that a block of reasoning ends with: its text once more, and each seal. */
export function reasoningDetails({ form, texts, seals }: CarriedReasoning, place: number): Wire[] {
  const text = texts.join(PART_BREAK)
  const envelope = { format: FORMAT, index: place }
  const encrypted = (seal: Seal) => ({ type: 'reasoning.encrypted', data: wrapSeal(seal), form, ...envelope })
  if (text === '') return seals.map(encrypted)
  const [signature, ...others] = [...seals].sort((a, b) => b.kind.localeCompare(a.kind))
  return [
    {
      ...(form === 'summary' ? { type: 'reasoning.summary', summary: text } : { type: 'reasoning.text', text }),
      ...(signature === undefined ? {} : { signature: wrapSeal(signature) }),
      ...(texts.length > 1 ? { texts } : {}),
      ...envelope,
    },
    ...others.map(encrypted),
  ]
}

export function openingDetail(place: number): Wire {
  return { type: 'reasoning.summary', summary: '', format: FORMAT, index: place }
}

export function breakDetail(place: number): Wire {
  return { type: 'reasoning.summary', summary: '', break: true, format: FORMAT, index: place }
}

export function partsDetail(parts: readonly Part[]): Wire {
  return { type: 'reasoning.encrypted', data: wrapParts(parts), format: FORMAT }
}

export function sealDetail(of: 'text' | 'refusal', seal: Seal): Wire {
  return { type: 'reasoning.encrypted', data: wrapSeal(seal), of, format: FORMAT }
}

/** What an item says if it is ours; undefined for an item of a provider's. */
export function readOwnDetail(detail: Unread<ReasoningDetail>): OwnDetail | undefined {
  const token = textOf(detail.signature) ?? textOf(detail.data)
  const parts = token === undefined ? undefined : unwrapParts(token)
  if (parts !== undefined) return { type: 'parts', parts }
  const seal = token === undefined ? undefined : unwrapSeal(token)
  const { of, break: isBreak, form, texts } = detail as Wire
  if (seal !== undefined && typeof of === 'string') return { type: 'seal', of, seal }
  if (seal === undefined && detail.format !== FORMAT) return undefined
  const place = typeof detail.index === 'number' ? detail.index : 0
  if (isBreak === true) return { type: 'break', place }
  const text = textOf(detail.summary) ?? textOf(detail.text)
  if (text === undefined && seal === undefined) return { type: 'opening', place }
  return {
    type: 'reasoning',
    place,
    form: detail.type === 'reasoning.summary' || form === 'summary' ? 'summary' : 'full',
    texts: textsOf(texts) ?? (text === undefined ? [] : [text]),
    seals: seal === undefined ? [] : [seal],
  }
}

function textsOf(value: unknown): readonly string[] | undefined {
  const texts = itemsOf(value).filter(text => typeof text === 'string')
  return texts.length === 0 ? undefined : texts
}

/** The seal value of reasoning that comes back as plain text in the member it came in. */
export function slotValue(member: string): string {
  return `slot:${member}`
}

/** What a seal of this dialect asks for: members that come back as they were, the text in its slot. */
export interface Echo {
  readonly slot: string | undefined
  readonly members: Wire
}

/** The seal value of members of a message or a call that want to come back as they came. */
export function echoValue(members: Wire, slot?: string): string {
  return `echo:${JSON.stringify({ slot, members })}`
}

/** Reads the value of a seal of this dialect. */
export function readEcho({ value }: Seal): Echo {
  if (value.startsWith('slot:')) return { slot: value.slice(5), members: {} }
  const echo = value.startsWith('echo:') ? objectOf<Echo>(parseJson(value.slice(5))) : undefined
  return { slot: textOf(echo?.slot), members: objectOf(echo?.members) ?? {} }
}

/** Whether a provider's item holds anything that its text alone does not say. */
export function hasToken({ signature, data, id }: Unread<ReasoningDetail>): boolean {
  return textOf(signature) !== undefined || textOf(data) !== undefined || textOf(id) !== undefined
}

/** Adds an item that came in pieces to those before it: pieces of one index and type are one item. */
export function mergeDetail(known: Wire[], said: Wire): void {
  const at = known.findLastIndex(({ type, index }) => type === said.type && index === said.index)
  const earlier = known[at]
  if (earlier === undefined || (textOf(earlier.id) ?? said.id) !== (textOf(said.id) ?? earlier.id)) {
    known.push(said)
    return
  }
  const merged: Record<string, unknown> = { ...earlier }
  for (const [name, value] of Object.entries(said)) {
    if (PIECES.has(name) && typeof value === 'string') merged[name] = joined(name, textOf(earlier[name]) ?? '', value)
    else if (value !== null || earlier[name] === undefined) merged[name] = value
  }
  known[at] = merged
}

const PIECES: ReadonlySet<string> = new Set(['text', 'summary', 'data', 'signature'])

/** A token that is only said once more stays as it is. */
function joined(name: string, earlier: string, said: string): string {
  return (name === 'data' || name === 'signature') && earlier === said ? earlier : earlier + said
}

/** The text that a provider's items say. */
export function detailText(details: readonly Unread<ReasoningDetail>[]): string {
  return details.map(({ text, summary }) => textOf(text) ?? textOf(summary) ?? '').join('')
}

/**
 * The `extra_content` of a tool call: this dialect's own as it came, another seal in the place where clients
 * of Google's models look for one.
 */
export function extraContent(seal: Seal): Wire {
  const own = seal.dialect === 'chat' ? objectOf(readEcho(seal).members.extra_content) : undefined
  return own ?? { google: { thought_signature: wrapSeal(seal) } }
}

/** The seal in a call's `extra_content`: a wrapped one, or the whole of it as a token of this dialect. */
export function readExtraContent(value: unknown, issuer: string): Seal | undefined {
  const extra = objectOf(value)
  if (extra === undefined) return undefined
  const signature = textOf(objectOf(extra.google)?.thought_signature)
  const wrapped = signature === undefined ? undefined : unwrapSeal(signature)
  return wrapped ?? { dialect: 'chat', issuer, kind: 'signature', value: echoValue({ extra_content: extra }) }
}
