import type { DialectName } from '../model/index.ts'
import type { CatalogueProvider } from './catalogue-data.ts'

/** What is known of an upstream that says who bills for it. */
export interface BilledUpstream {
  /** Its name in reports. */
  readonly name: string
  /** Where it is asked, by dialect. */
  readonly baseUrls: Readonly<Partial<Record<DialectName, string>>>
  /** The provider whose prices count, by its id in the catalogue; `none`: nobody's. Undefined: by the base URL. */
  readonly billedBy?: string | undefined
}

/**
 * Who bills for what an upstream serves: whoever its address belongs to. A model's name alone says nothing: a
 * server of one's own serves `gpt-4` for nothing, and a reseller has prices of its own.
 *
 * @param upstream without it the name is taken for a host, as engines without a configuration name upstreams
 */
export function biller(
  providers: readonly CatalogueProvider[],
  name: string,
  dialect: DialectName,
  upstream: BilledUpstream | undefined,
): CatalogueProvider | undefined {
  const { billedBy } = upstream ?? {}
  if (billedBy !== undefined) return providers.find(({ id }) => id === billedBy)
  const url = upstream === undefined ? `https://${name}` : upstream.baseUrls[dialect]
  return url === undefined ? undefined : providers.find(({ api_pattern }) => isAt(url, api_pattern))
}

function isAt(url: string, pattern: string): boolean {
  return new RegExp(`^(?:${pattern})`).test(url)
}
