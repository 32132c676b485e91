import { AdapterRegistry, asCoded, type CodedDialect, type Pair } from '../convert/index.ts'
import { DIALECTS, type Dialect } from '../dialects/index.ts'
import type { Adapter } from './adapter.ts'
import { type ConvertOptions, convertAdapter } from './convert.ts'
import { relayAdapter } from './relay.ts'

/**
 * A registry of the ways between these dialects: each to itself by relay, and those with a codec to each
 * other by conversion.
 */
export function registryOf(dialects: readonly Dialect[]): AdapterRegistry<Adapter, ConvertOptions> {
  const registry = new AdapterRegistry<Adapter, ConvertOptions>()
  for (const dialect of dialects)
    registry.register({ from: dialect.name, to: dialect.name }, ({ redact }) =>
      relayAdapter(dialect, redact === undefined ? {} : { redact }),
    )
  const coded = dialects.flatMap(dialect => asCoded(dialect) ?? [])
  for (const client of coded)
    for (const upstream of coded)
      if (client !== upstream)
        registry.register(pairOf(client, upstream), options => convertAdapter(client, upstream, options))
  return registry
}

function pairOf(client: CodedDialect, upstream: CodedDialect): Pair {
  return { from: client.name, to: upstream.name }
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
