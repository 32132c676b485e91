import type { Usage } from '../model/index.ts'

/** Counts by the names of the catalogue's units. */
export type Units = Record<string, number>

/** A part of the usage that costs something of its own: its unit, and the price that it needs. */
interface Part {
  readonly unit: string
  readonly price: string
  /** The price that includes it where it has none of its own. */
  readonly whole: string
}

/** Parts of the totals. Reasoning is billed as output by everybody who has no price of its own for it. */
const PARTS = {
  cacheRead: { unit: 'cache_read_tokens', price: 'cache_read_mtok', whole: 'input_mtok' },
  cacheWrite: { unit: 'cache_write_tokens', price: 'cache_write_mtok', whole: 'input_mtok' },
  cacheWrite1h: { unit: 'cache_write_1h_tokens', price: 'cache_write_1h_mtok', whole: 'cache_write_mtok' },
  audioInput: { unit: 'input_audio_tokens', price: 'input_audio_mtok', whole: 'input_mtok' },
  audioOutput: { unit: 'output_audio_tokens', price: 'output_audio_mtok', whole: 'output_mtok' },
} as const satisfies Partial<Record<keyof Usage, Part>>

type PartName = keyof typeof PARTS

const PART_NAMES = Object.keys(PARTS) as readonly PartName[]
const AUDIO: ReadonlySet<PartName> = new Set(['audioInput', 'audioOutput'])

/** Prices that depend on nothing but what a usage says. A model with others costs what cannot be known here. */
export const KNOWN_PRICES: ReadonlySet<string> = new Set([
  ...['input_mtok', 'output_mtok', 'output_reasoning_mtok', 'cache_audio_read_mtok'],
  ...PART_NAMES.map(name => PARTS[name].price),
  ...['requests_kcount', 'web_searches_kcount', 'storage_searches_kcount'],
])

/** The tokens of an answer in the catalogue's units; undefined where the prompt is not known. */
export function tokenUnits(usage: Usage): Units | undefined {
  const { input, output = 0, reasoning } = usage
  if (input === undefined) return undefined
  const units: Units = { input_tokens: input, output_tokens: output }
  for (const name of PART_NAMES) {
    const count = usage[name]
    if (count !== undefined) units[PARTS[name].unit] = count
  }
  if (reasoning !== undefined) units.output_reasoning_tokens = reasoning
  return units
}

/** A price list: a number, or tiers by the size of the prompt. */
export type Prices = Readonly<Record<string, unknown>>

/**
 * Whether every part that was used is priced. One that is told apart and has no price of its own cannot be
 * told from one that costs as much as the whole: cached input at the full rate would be the common mistake.
 *
 * @param audioIsText the price list names audio only where it differs from text
 */
export function isPriced(usage: Usage, prices: Prices, audioIsText: boolean): boolean {
  return PART_NAMES.every(name => {
    const { price, whole } = PARTS[name]
    if (!usage[name] || prices[price] !== undefined || (audioIsText && AUDIO.has(name))) return true
    // Of what costs nothing the parts cost nothing.
    return (prices[whole] ?? prices.input_mtok) === 0
  })
}

/** Tools that providers run, by their names in usages. */
const TOOLS: Readonly<Record<string, string>> = {
  web_search_requests: 'web_searches_kcount',
  web_search: 'web_searches_kcount',
  file_search: 'storage_searches_kcount',
}

/** What nobody pays beyond its tokens: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool */
const FREE_TOOLS: ReadonlySet<string> = new Set(['web_fetch_requests'])

/**
 * What a thousand requests to a tool cost that a provider runs; undefined where nobody says.
 * @param given prices that are given, by the tool's name in usages
 */
export function toolPrice(
  name: string,
  prices: Prices,
  given: Readonly<Record<string, number>> = {},
): number | undefined {
  if (Object.hasOwn(given, name)) return given[name]
  if (FREE_TOOLS.has(name)) return 0
  const price = Object.hasOwn(TOOLS, name) ? prices[TOOLS[name] as string] : undefined
  return typeof price === 'number' ? price : undefined
}
