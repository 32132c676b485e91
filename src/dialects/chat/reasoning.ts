import type { ReasoningPart, Seal } from '../../model/index.ts'
import { itemsOf, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { echoValue, hasToken, readEcho, slotValue } from './carrier.ts'
import type { ChatDelta, ChatPart } from './wire.ts'

const SLOTS = ['reasoning_content', 'reasoning', 'reasoning_text'] as const

/** The member that says the reasoning; some servers say it in two, with the same text. */
export function slotOf(delta: Unread<ChatDelta>): (typeof SLOTS)[number] | undefined {
  for (const slot of SLOTS) if (textOf(delta[slot]) !== undefined) return slot
  return undefined
}

/** What has to come back with reasoning that was read; undefined where nothing has. */
export function reasoningSealValue(
  slot: string | undefined,
  details: readonly Wire[],
  opaque = '',
): string | undefined {
  if (details.some(hasToken)) return echoValue({ reasoning_details: details })
  if (opaque !== '') return echoValue({ reasoning_opaque: opaque }, slot)
  return slot && slotValue(slot)
}

/**
 * A message's reasoning in the members that it came in, where this dialect has said it itself; undefined for
 * any other, which has to be carried.
 */
export function ownReasoning(blocks: readonly ReasoningPart[]): Wire | undefined {
  const [block, ...others] = blocks
  const [seal, ...more] = block?.seals ?? []
  if (block === undefined || seal?.dialect !== 'chat' || others.length > 0 || more.length > 0) return undefined
  const text = block.texts.join('')
  if (block.form !== 'full' || seal.kind !== reasoningSealKind(text)) return undefined
  // Items stand beside a text where OpenRouter's convention is kept, whose name for it this is.
  const { members, slot = 'reasoning' } = readEcho(seal)
  if (!SLOTS.some(known => known === slot)) return undefined
  if (text === '') return Object.keys(members).length === 0 ? undefined : members
  return seal.value.startsWith('slot:') || seal.value.startsWith('echo:') ? { [slot]: text, ...members } : undefined
}

/** A token beside text proves it; without text it stands in its place. */
export function reasoningSealKind(text: string): Seal['kind'] {
  return text === '' ? 'encrypted' : 'signature'
}

/** The text of a thinking part of Mistral's. */
export function thinkingOf(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking
  return itemsOf(thinking)
    .map(part => textOf(objectOf<ChatPart>(part)?.text) ?? '')
    .join('')
}
