import { type Failure, failure } from '../../errors.ts'

/** What groups of an overview are made by. */
export const GROUPINGS = ['model', 'upstream', 'key'] as const
export type Grouping = (typeof GROUPINGS)[number]

const MIN_RANGE_MS = 60_000
const MAX_RANGE_MS = 400 * 24 * 60 * 60 * 1000
const DEFAULT_RANGE_MS = 60 * 60 * 1000
/** About so many points make a plot. */
const STEPS = 60
/** Steps that people count in, in seconds. */
const STEP_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800]

/** Which exchanges are summed up, and how. */
export interface OverviewQuestion {
  /** From here, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** To here. */
  readonly untilMs: number
  /** How long a step of the series is, in milliseconds. */
  readonly stepMs: number
  /** What groups are made by. */
  readonly by: Grouping
  /** Only exchanges of this key; undefined: of all. */
  readonly key: string | undefined
}

/** Sums of exchanges that have ended. */
export interface Sums {
  /** How many there were. */
  readonly requests: number
  /** How many did not complete, those cancelled by their client not among them. */
  readonly failed: number
  /** Tokens of their prompts. */
  readonly inputTokens: number
  /** The part of them that was read from caches. */
  readonly cacheReadTokens: number
  /** Tokens of their answers. */
  readonly outputTokens: number
  /** What they cost as far as that is known, in US dollars; null when it is of none of them. */
  readonly costUsd: number | null
  /** How many have tokens and no known price. */
  readonly unpriced: number
  /** Until the first token, in milliseconds: half of them, 95 and 99 of 100 took no longer. Null: there was none. */
  readonly firstTokenMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null
  /** Output tokens in a second, from the first token to the end, over all of them. Null: none came. */
  readonly tokensPerSecond: number | null
}

/** Sums over a range of time, in steps and in groups. */
export interface Overview {
  /** Where the numbers come from: `memory` knows the last 1000 exchanges, the ledger all that it keeps. */
  readonly source: 'memory' | 'ledger'
  readonly sinceMs: number
  readonly untilMs: number
  readonly stepMs: number
  readonly by: Grouping
  readonly total: Sums
  /** One for each step that had exchanges, in order. */
  readonly steps: readonly (Sums & { readonly atMs: number })[]
  /** The largest first, at most 50. */
  readonly groups: readonly (Sums & { readonly name: string | null })[]
}

/** What the overview is drawn from. */
export interface OverviewSource {
  overview(question: OverviewQuestion): Promise<Overview>
}

/**
 * Reads `since` and `until` (milliseconds since the epoch, or `since` as a time before now: `15m`, `24h`,
 * `30d`) and `by`. Default: the last hour by model.
 */
export function readQuestion(query: string, key: string | undefined, nowMs = Date.now()): OverviewQuestion | Failure {
  const asked = new URLSearchParams(query)
  const untilMs = timeIn(asked.get('until'), nowMs) ?? nowMs
  const sinceMs = timeIn(asked.get('since'), nowMs) ?? untilMs - DEFAULT_RANGE_MS
  const by = (asked.get('by') ?? 'model') as Grouping
  if (!GROUPINGS.includes(by))
    return failure('bad-request', `Cannot draw the overview: \`by\` takes one of ${GROUPINGS.join(', ')}`)
  const rangeMs = untilMs - sinceMs
  if (!(rangeMs >= MIN_RANGE_MS && rangeMs <= MAX_RANGE_MS))
    return failure('bad-request', 'Cannot draw the overview: `since` must be a minute to 400 days before `until`')
  return { sinceMs, untilMs, stepMs: stepOf(rangeMs), by, key }
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function timeIn(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (amount !== undefined) return nowMs - Number(amount) * (UNITS_MS[unit] as number)
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

function stepOf(rangeMs: number): number {
  const wanted = rangeMs / STEPS / 1000
  return (STEP_SECONDS.find(seconds => seconds >= wanted) ?? (STEP_SECONDS.at(-1) as number)) * 1000
}
