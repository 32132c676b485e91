import { itemsOf, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { echoValue, hasToken, slotValue } from './carrier.ts'
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

/** The text of a thinking part of Mistral's. */
export function thinkingOf(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking
  return itemsOf(thinking)
    .map(part => textOf(objectOf<ChatPart>(part)?.text) ?? '')
    .join('')
}
