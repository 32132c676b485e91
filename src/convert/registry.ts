import type { DialectName } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'

/** A client's dialect and an upstream's. */
export interface Pair {
  /** What the client speaks. */
  readonly from: DialectName
  /** What the upstream speaks. */
  readonly to: DialectName
}

/** Makes the adapter of a pair. */
export type Make<Adapter, Options> = (options: Options) => Adapter

/** Which ways there are from clients' dialects to upstreams' ones, and how to make an adapter of each. */
export class AdapterRegistry<Adapter, Options> {
  readonly #makers = new Map<string, { readonly pair: Pair; readonly make: Make<Adapter, Options> }>()

  /**
   * Adds a way; gives back the registry.
   * @throws {MillraceError} `bad-request` when there is a way already: two would make chance decide
   */
  register(pair: Pair, make: Make<Adapter, Options>): this {
    const name = nameOf(pair)
    if (this.#makers.has(name))
      throw new MillraceError('bad-request', `Cannot register an adapter: there is one ${name} already`)
    this.#makers.set(name, { pair: { ...pair }, make })
    return this
  }

  /** Whether there is a way. */
  has(pair: Pair): boolean {
    return this.#makers.has(nameOf(pair))
  }

  /** The directed pairs, in the order of their registration. */
  get pairs(): readonly Pair[] {
    return [...this.#makers.values()].map(({ pair }) => pair)
  }

  /**
   * A new adapter of a pair.
   * @throws {MillraceError} `bad-request` when there is no such way
   */
  create(pair: Pair, options: Options): Adapter {
    const made = this.#makers.get(nameOf(pair))
    if (made !== undefined) return made.make(options)
    const there = [...this.#makers.keys()].join(', ')
    throw new MillraceError('bad-request', `Cannot convert ${nameOf(pair)}: there are only ${there}`)
  }
}

function nameOf({ from, to }: Pair): string {
  return `from ${from} to ${to}`
}
