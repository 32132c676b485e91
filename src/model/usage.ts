/**
 * Tokens of one answer, in totals with their parts: `input` holds the cached reads and the cache
 * writes, `output` holds the reasoning. Absent means that nobody said; an explicit zero is a value.
 */
export interface Usage {
  readonly input?: number
  readonly cacheRead?: number
  /** All cache writes; `cacheWrite1h` is the part priced for an hour. */
  readonly cacheWrite?: number
  readonly cacheWrite1h?: number
  readonly output?: number
  readonly reasoning?: number
  readonly audioInput?: number
  readonly audioOutput?: number
  /** Requests to tools that the provider ran and bills apart, by its own name. */
  readonly serverTools?: Readonly<Record<string, number>>
  /** What the upstream itself says this cost, in US dollars. */
  readonly reportedCostUsd?: number
  /** Only when several models made one answer; `input` and `output` are then their sums. */
  readonly byModel?: readonly { readonly model: string; readonly usage: Usage }[]
}

/**
 * How far a usage can be trusted. `reported`: the upstream's final word. `partial`: its running word,
 * of a stream that did not come to its end. `none`: it said nothing.
 */
export type Provenance = 'reported' | 'partial' | 'none'
