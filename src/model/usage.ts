import type { Native } from './native.ts'

/**
 * Tokens of one answer, in totals with their parts: `input` holds the cached reads and the cache
 * writes, `output` holds the reasoning. Absent means that nobody said; an explicit zero is a value.
 */
export interface Usage {
  /** Tokens of the prompt, those read from a cache and written to one among them. */
  readonly input?: number
  /** The part of the input that was read from a cache. */
  readonly cacheRead?: number
  /** All cache writes; `cacheWrite1h` is the part priced for an hour. */
  readonly cacheWrite?: number
  /** The part of the cache writes that is kept for an hour. */
  readonly cacheWrite1h?: number
  /** Tokens of the answer, the reasoning among them. */
  readonly output?: number
  /** The part of the output that was reasoning. */
  readonly reasoning?: number
  /** The part of the input that was audio. */
  readonly audioInput?: number
  /** The part of the output that was audio. */
  readonly audioOutput?: number
  /** Requests to tools that the provider ran and bills apart, by its own name. */
  readonly serverTools?: Readonly<Record<string, number>>
  /** What the upstream itself says this cost, in US dollars. */
  readonly reportedCostUsd?: number
  /** What each model counted, when an answer took several runs of models: together they are what it costs. */
  readonly byModel?: readonly { readonly model: string; readonly usage: Usage }[]
  /** Members of the provider's usage object that mean nothing elsewhere. */
  readonly native?: Native
}

/**
 * How far a usage can be trusted. `reported`: the upstream's final word. `partial`: its running word,
 * of a stream that did not come to its end. `estimated`: a count in it is our own. `none`: nobody said.
 */
export type Provenance = 'reported' | 'partial' | 'estimated' | 'none'

/** A usage in which nobody may have said a member: undefined is the same as absent. */
export type SaidUsage = { readonly [K in keyof Usage]?: Usage[K] | undefined }

/** What was known, with what is said now in its place: the last explicit value wins, a zero too. */
export function mergeUsage(known: Usage, said: SaidUsage): Usage {
  const merged: { -readonly [K in keyof Usage]: Usage[K] | undefined } = { ...known }
  for (const name in said) {
    const member = name as keyof Usage
    if (said[member] !== undefined) Object.assign(merged, { [member]: said[member] })
  }
  if (known.native !== undefined && said.native !== undefined)
    merged.native = { ...said.native, members: { ...known.native.members, ...said.native.members } }
  return merged as Usage
}
