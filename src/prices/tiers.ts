/** Words for the tier that the prices of a catalogue are for; `auto` leaves it to the provider, who tells another. */
const STANDARD: ReadonlySet<string> = new Set([
  'standard',
  'standard_only',
  'default',
  'auto',
  'on_demand',
  'unspecified',
])

/**
 * What the tier that served costs in proportion to the standard one; undefined where that is not known.
 * @param tiers factors that are given, by the tier's name
 */
export function tierFactor(
  tier: string | undefined,
  tiers: Readonly<Record<string, number>> | undefined,
): number | undefined {
  if (tier === undefined) return 1
  if (tiers !== undefined && Object.hasOwn(tiers, tier)) return tiers[tier]
  return STANDARD.has(tier) ? 1 : undefined
}
