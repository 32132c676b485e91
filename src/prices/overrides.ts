import { matchesGlob } from '../glob.ts'

/** A price that is given, in place of the catalogue's or beside it. All of US dollars. */
export interface PriceOverride {
  /** The model's name as the upstream tells it; `*` stands for any characters. */
  readonly match: string
  /** The name of the upstream. Undefined: any. */
  readonly upstream?: string | undefined
  /** For a million tokens of the prompt. Given together with `output`; without both the catalogue's prices count. */
  readonly input?: number | undefined
  /** For a million tokens of the answer. */
  readonly output?: number | undefined
  /** For a million tokens that were read from a cache. */
  readonly cacheRead?: number | undefined
  /** For a million tokens that were written to a cache. */
  readonly cacheWrite?: number | undefined
  /** For a million of those that are kept for an hour. */
  readonly cacheWrite1h?: number | undefined
  /** For a million tokens of reasoning. Undefined: as `output`. */
  readonly reasoning?: number | undefined
  /** For a million tokens of audio in the prompt. */
  readonly audioInput?: number | undefined
  /** For a million tokens of audio in the answer. */
  readonly audioOutput?: number | undefined
  /** For a thousand requests to a tool that the provider runs, by its name in usages. */
  readonly serverTools?: Readonly<Record<string, number>> | undefined
  /** What a service tier costs, by its name: a factor on all prices of tokens. */
  readonly tiers?: Readonly<Record<string, number>> | undefined
}

/** The first that fits. */
export function overrideFor(
  overrides: readonly PriceOverride[],
  upstream: string,
  model: string,
): PriceOverride | undefined {
  return overrides.find(
    override =>
      (override.upstream === undefined || override.upstream === upstream) && matchesGlob(override.match, model),
  )
}

const PRICES = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
  reasoning: 'output_reasoning_mtok',
  audioInput: 'input_audio_mtok',
  audioOutput: 'output_audio_mtok',
} as const satisfies Partial<Record<keyof PriceOverride, string>>

/**
 * Two prices of which the package wants a third, for tokens that are both. No usage tells how many those are,
 * and where both are counted the cost is not known: the third price is never used.
 */
const OVERLAPS = [
  ['input_audio_mtok', 'cache_read_mtok', 'cache_audio_read_mtok'],
  ['input_audio_mtok', 'cache_write_mtok', 'cache_audio_write_mtok'],
  ['input_audio_mtok', 'cache_write_1h_mtok', 'cache_audio_write_1h_mtok'],
  ['output_audio_mtok', 'output_reasoning_mtok', 'output_audio_reasoning_mtok'],
] as const

/** Its prices of tokens by the catalogue's names; undefined where it leaves them to the catalogue. */
export function pricesOf(override: PriceOverride): Record<string, number> | undefined {
  if (override.input === undefined) return undefined
  const prices: Record<string, number> = {}
  for (const [name, price] of Object.entries(PRICES)) {
    const value = override[name as keyof typeof PRICES]
    if (value !== undefined) prices[price] = value
  }
  for (const [one, other, both] of OVERLAPS)
    if (prices[one] !== undefined && prices[other] !== undefined) prices[both] = 0
  return prices
}
