import type { Losses, Usage } from '../model/index.ts'
import { countOf, type Wire } from './value.ts'

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

/** Words of usage objects, beside the tier's own, that change what an answer costs, each as a tier. */
const PRICED_WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Anthropic's fast mode, and inference that is kept in the United States.
  speed: { fast: 'fast' },
  inference_geo: { us: 'us' },
  // Capacity that was paid for beforehand, on Vertex.
  trafficType: { PROVISIONED_THROUGHPUT: 'provisioned' },
}

/** The tier that a usage object tells of in other words; undefined where it says nothing of the kind. */
export function tierInUsage(usage: Wire): string | undefined {
  for (const [name, words] of Object.entries(PRICED_WORDS)) {
    const word = usage[name]
    if (typeof word === 'string' && Object.hasOwn(words, word)) return words[word]
  }
  return undefined
}

/** Of US dollars: xAI tells what an answer cost in these. */
const TICK_USD = 1e-10

/** What a usage object says the answer cost, in words that have no place in the neutral usage. */
export function costInUsage({ cost_in_usd_ticks }: Wire): number | undefined {
  const ticks = countOf(cost_in_usd_ticks)
  return ticks === undefined ? undefined : Number((ticks * TICK_USD).toPrecision(12))
}

/**
 * Whether reasoning is counted beside the output and not inside it. The total tells: xAI was recorded with 307
 * tokens of input, 26 of output, 227 of reasoning and 560 in all, and bills all of them.
 */
export function isReasoningBeside({ input, output, reasoning = 0 }: Partial<Usage>, totalTokens: unknown): boolean {
  return reasoning > 0 && input !== undefined && output !== undefined && totalTokens === input + output + reasoning
}
