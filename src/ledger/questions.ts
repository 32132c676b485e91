import type { ReportedAttempt, StreamReport } from '../observe/index.ts'

/** Which exchanges are meant; what is left out does not matter. */
export interface ExchangeFilter {
  /** Those that began at this time or later, in milliseconds since the epoch. */
  readonly since?: number
  /** And before this. */
  readonly until?: number
  /** The model as it was named, asked for or reported; `*` stands for any characters. Case does not matter. */
  readonly model?: string
  /** The upstream's name. */
  readonly upstream?: string
  /** The name of the client's key, as in reports. */
  readonly key?: string
}

/** Asks for single exchanges. */
export interface RecentQuestion extends ExchangeFilter {
  /** Only those that failed: `failed`, `truncated`, `timeout`, `refused`, and those that were interrupted. */
  readonly isFailed?: boolean
  /** At most so many, the newest first. Default 100. */
  readonly limit?: number
}

/** What sums are made by. */
export type UsageGroup = 'model' | 'key' | 'upstream' | 'day'

/** Asks for sums. */
export interface UsageQuestion extends ExchangeFilter {
  /** What one row is for. */
  readonly by: UsageGroup
}

/** Asks for sums by time. */
export interface SeriesQuestion extends ExchangeFilter {
  readonly since: number
  readonly until: number
  /** The width of one bucket; buckets begin at its multiples since the epoch. */
  readonly bucketMs: number
  /** A series for each; absent: one for all. */
  readonly by?: Exclude<UsageGroup, 'day'>
}

export type Question =
  | ({ readonly kind: 'recent' } & RecentQuestion)
  | { readonly kind: 'find'; readonly id: string }
  | ({ readonly kind: 'usage' } & UsageQuestion)
  | ({ readonly kind: 'series' } & SeriesQuestion)

/** One exchange as the ledger lists it; null where unknown. Times are in milliseconds since the epoch. */
export interface LedgerRow {
  /** Of the exchange, as in its report. */
  readonly id: string
  /** `interrupted`: it was open when its gateway ended, and nothing is known of its end. */
  readonly state: 'open' | 'settled' | 'interrupted'
  /** When the request came. */
  readonly startedAt: number
  /** When it ended; null while it is open. */
  readonly endedAt: number | null
  /** A name of the client's key that gives nothing of it away. */
  readonly key: string | null
  /** What the client speaks. */
  readonly clientDialect: string | null
  /** The name of the upstream that was asked last. */
  readonly upstream: string | null
  /** What that speaks. */
  readonly upstreamDialect: string | null
  /** The model as the client named it. */
  readonly modelRequested: string | null
  /** The model that the upstream was asked for. */
  readonly modelSent: string | null
  /** The model that the upstream says it used. */
  readonly modelReported: string | null
  /** How the bytes travelled. */
  readonly lane: string | null
  /** What the client wanted against what the upstream gave. */
  readonly shape: string | null
  /** How it ended; null while it is open, and when it was interrupted. */
  readonly outcome: string | null
  /** The status that the client got. */
  readonly status: number | null
  /** Why the answer ended, in our word. */
  readonly finish: string | null
  /** Why it failed, by the catalogue. */
  readonly errorCode: string | null
  /** The same for people, redacted. */
  readonly errorMessage: string | null
  /** Tokens of the prompt, those from a cache and to one among them. */
  readonly inputTokens: number | null
  /** The part of the input that was read from a cache. */
  readonly cacheReadTokens: number | null
  /** The part of the input that was written to a cache. */
  readonly cacheWriteTokens: number | null
  /** Tokens of the answer, the reasoning among them. */
  readonly outputTokens: number | null
  /** The part of the output that was reasoning. */
  readonly reasoningTokens: number | null
  /** How far the tokens can be trusted. */
  readonly provenance: string | null
  /** What it cost, in US dollars; null where that is not known. */
  readonly costUsd: number | null
  /** Where the price is from. */
  readonly priceSource: string | null
  /** Milliseconds to the first visible text or tool call. */
  readonly firstTokenMs: number | null
  /** Milliseconds to the end. */
  readonly totalMs: number | null
  /** Bytes of the answer's body, from upstreams. */
  readonly bytesIn: number | null
  /** And to the client. */
  readonly bytesOut: number | null
}

/** All that is known of one exchange. */
export interface LedgerEntry {
  /** As it is listed. */
  readonly row: LedgerRow
  /** Absent while it is open, and when it was interrupted. */
  readonly report: StreamReport | null
  /** The attempts that were sent, in their order. */
  readonly attempts: readonly ReportedAttempt[]
}

/** Sums; tokens count what is known, and costs what has a price. */
export interface Sums {
  /** How many there were. */
  readonly requests: number
  /** Those that have ended. */
  readonly ended: number
  /** Those of them that failed, as {@link RecentQuestion.isFailed} has it. */
  readonly failed: number
  /** As in reports, so are the others. */
  readonly inputTokens: number
  /** A part of the input. */
  readonly cacheReadTokens: number
  /** A part of the input. */
  readonly cacheWriteTokens: number
  /** With the reasoning. */
  readonly outputTokens: number
  /** A part of the output. */
  readonly reasoningTokens: number
  /** Null when none of them has a price. */
  readonly costUsd: number | null
  /** Exchanges that used tokens, or may have, and whose cost is not known: they are not in `costUsd`. */
  readonly unpriced: number
}

/** The sums of one group. */
export interface UsageRow extends Sums {
  /** The model that was asked for, the key, the upstream, or the day by UTC as in `2026-11-03`; null: unknown. */
  readonly group: string | null
}

/** What happened in one bucket of time; only those are told in which something began. */
export interface SeriesPoint extends Sums {
  /** When the bucket begins. */
  readonly at: number
  /** The model, upstream or key; null: unknown, or all of them. */
  readonly group: string | null
  /** Milliseconds within which half of the first tokens came; null where none came. */
  readonly firstTokenP50Ms: number | null
  /** The same of 95 of a hundred. */
  readonly firstTokenP95Ms: number | null
  /** And of 99. */
  readonly firstTokenP99Ms: number | null
  /** Output tokens a second, from the first token to the end, over all of them; null where none came. */
  readonly tokensPerSecond: number | null
}
