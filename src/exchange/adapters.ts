import { AdapterRegistry, type Pair } from '../convert/index.ts'
import { DIALECTS, type Dialect } from '../dialects/index.ts'
import type { Adapter } from './adapter.ts'
import { type ConvertOptions, convertAdapter } from './convert.ts'
import { relayAdapter } from './relay.ts'

/** A registry of the ways between these dialects: each to itself by relay, and to each other by conversion. */
export function registryOf(dialects: readonly Dialect[]): AdapterRegistry<Adapter, ConvertOptions> {
  const registry = new AdapterRegistry<Adapter, ConvertOptions>()
  for (const dialect of dialects)
    registry.register({ from: dialect.name, to: dialect.name }, ({ redact }) =>
      relayAdapter(dialect, redact === undefined ? {} : { redact }),
    )
  for (const client of dialects)
    for (const upstream of dialects)
      if (client !== upstream)
        registry.register({ from: client.name, to: upstream.name }, options =>
          convertAdapter(client, upstream, options),
        )
  return registry
}

/** The ways between the dialects of this package. */
export const adapters: AdapterRegistry<Adapter, ConvertOptions> = registryOf(Object.values(DIALECTS))

/**
 * The adapter from a client's dialect to an upstream's: relay for one dialect, conversion for two.
 * @throws {MillraceError} `bad-request` when there is no such way
 */
export function createAdapter(pair: Pair, options: ConvertOptions = {}): Adapter {
  return adapters.create(pair, options)
}
