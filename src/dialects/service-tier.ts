import type { Losses } from '../model/index.ts'

/** Words for how urgent a request is, each with the one that an API has for it. */
export type Tiers = Readonly<Record<string, string>>

/** Of both of OpenAI's APIs; the last ones are Anthropic's and Google's. */
export const OPENAI_TIERS: Tiers = {
  auto: 'auto',
  default: 'default',
  flex: 'flex',
  scale: 'scale',
  priority: 'priority',
  fast: 'fast',
  ultrafast: 'ultrafast',
  on_demand: 'on_demand',
  standard: 'default',
  standard_only: 'default',
  unspecified: 'auto',
}

/** A tier in an API's words; one that has no word there is lost. */
export function encodeTier(tiers: Tiers, tier: string | undefined, losses: Losses): string | undefined {
  if (tier === undefined) return undefined
  const word = Object.hasOwn(tiers, tier) ? tiers[tier] : undefined
  if (word !== tier) losses.add('/serviceTier', word === undefined ? 'no-slot' : 'unit')
  return word
}
