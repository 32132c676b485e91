import type { DialectName } from '../dialects/index.ts'
import type { Usage } from '../model/index.ts'

/** What an answer cost, and who says so. */
export interface Cost {
  /** In US dollars. */
  readonly usd: number
  /** Where the price is from: a catalogue with its version, `config`, or `upstream`, which named the cost itself. */
  readonly source: string
}

/** What a price depends on. */
export interface Priced {
  /** The name of the upstream that served. */
  readonly upstream: string
  /** What it speaks. */
  readonly dialect: DialectName
  /** The model, as the upstream names it, or as it was asked for it. */
  readonly model: string
  /** What it served. */
  readonly usage: Usage
  /** The tier that it says it served in, where it says so. */
  readonly serviceTier?: string | undefined
  /** When it was asked, in milliseconds since the epoch. */
  readonly time: number
}

/** Knows what models cost. */
export interface PriceBook {
  /** Never throws; undefined where the price is not known, or the usage makes no sense. */
  costOf(priced: Priced): Cost | undefined
}

/** What the answer itself says it cost. */
export function statedCost({ reportedCostUsd }: Usage): Cost | null {
  return reportedCostUsd === undefined ? null : { usd: reportedCostUsd, source: 'upstream' }
}
