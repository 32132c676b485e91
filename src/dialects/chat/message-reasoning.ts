import type { Part, ReasoningPart, Seal } from '../../model/index.ts'
import { itemsOf, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { detailText, mergeDetail, type OwnDetail, PART_BREAK, readOwnDetail } from './carrier.ts'
import { reasoningSealKind, reasoningSealValue, slotOf } from './reasoning.ts'
import type { ChatDelta, ReasoningDetail } from './wire.ts'

/** The reasoning of a whole message, and what else its carrier holds. */
export interface MessageReasoning {
  readonly parts: readonly Part[]
  /** Seals of the message's text or refusal. */
  readonly seals: readonly { readonly of: string; readonly seal: Seal }[]
}

/**
 * Reads the reasoning of a whole message, an answer's or one that a client sends back. Items of ours
 * tell how its text is divided into blocks; what they do not tell is a block of its own.
 *
 * @param issuer whose seals a provider's own items are
 */
export function readMessageReasoning(message: Unread<ChatDelta>, issuer: string): MessageReasoning {
  const details = itemsOf(message.reasoning_details).flatMap(item => objectOf<ReasoningDetail>(item) ?? [])
  const own = details.flatMap(detail => readOwnDetail(detail) ?? [])
  const foreign: Wire[] = []
  for (const detail of details) if (readOwnDetail(detail) === undefined) mergeDetail(foreign, detail as Wire)
  const slot = slotOf(message)
  const text = slot === undefined ? detailText(foreign) : (message[slot] as string)
  const value = reasoningSealValue(slot, [])
  const slotSeals: Seal[] = value === undefined ? [] : [{ dialect: 'chat', issuer, kind: 'signature', value }]
  const { parts, rest } = divide(text, own, slotSeals)
  const plain = plainPart(rest, slot ?? 'reasoning_details', foreign, textOf(message.reasoning_opaque), issuer)
  return {
    parts: plain === undefined ? parts : [...parts, plain],
    seals: own.filter(detail => detail.type === 'seal'),
  }
}

interface Divided {
  readonly parts: Part[]
  readonly rest: string
}

/** Cuts the text where the items say that blocks ended. */
function divide(text: string, own: readonly OwnDetail[], slotSeals: readonly Seal[]): Divided {
  const parts: Part[] = []
  let at = 0
  let place: number | undefined
  for (const detail of own) {
    if (detail.type === 'parts') parts.push(...detail.parts)
    if (detail.type !== 'reasoning') continue
    const { form, texts, seals } = detail
    const last = parts.at(-1)
    if (detail.place === place && texts.length === 0 && last?.kind === 'reasoning') {
      parts[parts.length - 1] = { ...last, seals: [...(last.seals ?? []), ...seals] }
      continue
    }
    place = detail.place
    const whole = texts.join(PART_BREAK)
    const start = whole === '' ? -1 : text.indexOf(whole, at)
    if (start > at) parts.push({ kind: 'reasoning', form: 'full', texts: [text.slice(at, start)], seals: slotSeals })
    if (start !== -1) at = start + whole.length
    parts.push({ kind: 'reasoning', form, texts, seals: seals.length === 0 ? slotSeals : seals })
  }
  return { parts, rest: text.slice(at) }
}

function plainPart(
  text: string,
  slot: string,
  details: readonly Wire[],
  opaque: string | undefined,
  issuer: string,
): ReasoningPart | undefined {
  const value = reasoningSealValue(text === '' ? undefined : slot, details, opaque)
  if (text === '' && value === undefined) return undefined
  const seals: Seal[] = value === undefined ? [] : [{ dialect: 'chat', issuer, kind: reasoningSealKind(text), value }]
  return { kind: 'reasoning', form: 'full', texts: text === '' ? [] : [text], seals }
}
