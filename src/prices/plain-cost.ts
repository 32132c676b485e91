import type { Usage } from '../model/index.ts'
import type { Prices } from './units.ts'

/**
 * What the tokens of a usage without audio cost by a price list that is sound and does not change with time:
 * the package's arithmetic without its checks of the list, 1 µs in place of 13. Undefined where the counts
 * contradict each other.
 */
export function plainCost(usage: Usage, prices: Prices): number | undefined {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, cacheWrite1h = 0, reasoning = 0 } = usage
  const read = prices.cache_read_mtok === undefined ? 0 : cacheRead
  const written = prices.cache_write_mtok === undefined ? 0 : cacheWrite
  const kept = prices.cache_write_1h_mtok === undefined ? 0 : cacheWrite1h
  const thought = prices.output_reasoning_mtok === undefined ? 0 : reasoning
  const [fresh, brief, said] = [input - read - written, written - kept, output - thought]
  const isPartAlone = usage.cacheWrite === undefined && cacheWrite1h > 0 && prices.cache_write_mtok !== undefined
  if (isPartAlone) return undefined
  // A sum that is not a number is not above zero either.
  if (!(fresh >= 0 && brief >= 0 && said >= 0 && read >= 0 && kept >= 0 && thought >= 0)) return undefined
  const micros =
    fresh * rateOf(prices.input_mtok, input) +
    read * rateOf(prices.cache_read_mtok, input) +
    brief * rateOf(prices.cache_write_mtok, input) +
    kept * rateOf(prices.cache_write_1h_mtok, input) +
    said * rateOf(prices.output_mtok, input) +
    thought * rateOf(prices.output_reasoning_mtok, input)
  return Number.isFinite(micros) ? micros / 1e6 : undefined
}

/** Of a price with tiers, the one of the highest that the prompt is above. */
function rateOf(price: unknown, input: number): number {
  if (typeof price === 'number') return price
  if (price === undefined) return 0
  const { base, tiers } = price as {
    readonly base: number
    readonly tiers: readonly { start: number; price: number }[]
  }
  let [rate, above] = [base, -1]
  for (const tier of tiers) if (input > tier.start && tier.start >= above) [rate, above] = [tier.price, tier.start]
  return rate
}
