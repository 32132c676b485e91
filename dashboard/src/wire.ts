/** What the gateway tells, as docs/page.md has it. */

export type State = 'waiting' | 'thinking' | 'writing' | 'tool' | 'stalled' | 'done' | 'failed'

export interface LiveRow {
  readonly n: number
  readonly id: string
  readonly key: string | null
  readonly client: string | null
  readonly upstream: string | null
  readonly upstreamDialect: string | null
  readonly model: string | null
  readonly lane: string | null
  readonly state: State
  readonly outcome: string | null
  readonly startedMs: number
  readonly firstTokenMs: number | null
  readonly totalMs: number | null
  readonly tokens: number
  readonly isEstimated: boolean
  readonly tokensPerSecond: number
  readonly bytesIn: number
  readonly gaps: readonly number[]
}

export type LiveMove = readonly [
  n: number,
  state: State,
  tokens: number,
  tokensPerSecond: number,
  bytesIn: number,
  gaps: readonly number[],
]

export interface LiveChange {
  readonly atMs: number
  readonly unlisted: number
  readonly passed: number
  readonly rows: readonly LiveRow[]
  readonly moved: readonly LiveMove[]
}

export interface Attempt {
  readonly upstream: string | null
  readonly dialect: string
  readonly model: string | null
  readonly sentMs: number
  readonly headMs: number | null
  readonly endMs: number
  readonly status: number | null
  readonly error: string | null
}

/** A report; of a stream that is open its outcome is null, and `state` tells what it is at. */
export interface Report {
  readonly id: string
  readonly time: string
  readonly key: string | null
  readonly client: { readonly dialect: string | null }
  readonly upstream: { readonly name: string | null; readonly dialect: string | null }
  readonly lane: string | null
  readonly shape: string | null
  readonly edits: readonly string[]
  readonly losses: readonly { readonly in: string; readonly path: string; readonly reason: string }[]
  readonly model: { readonly requested: string | null; readonly sent: string | null; readonly reported: string | null }
  readonly status: number | null
  readonly outcome: string | null
  readonly state?: State
  readonly finish: { readonly reason: string; readonly raw: string | null } | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly usage: {
    readonly input: number | null
    readonly cacheRead: number | null
    readonly cacheWrite: number | null
    readonly cacheWrite1h: number | null
    readonly output: number | null
    readonly reasoning: number | null
    readonly audioInput: number | null
    readonly audioOutput: number | null
    readonly serverTools: Readonly<Record<string, number>> | null
    readonly reportedCostUsd: number | null
    readonly provenance: string
  }
  readonly cost: { readonly usd: number; readonly source: string } | null
  readonly times: {
    readonly connectMs: number | null
    readonly headMs: number | null
    readonly firstByteMs: number | null
    readonly firstEventMs: number | null
    readonly firstReasoningMs: number | null
    readonly firstTokenMs: number | null
    readonly totalMs: number
    readonly longestGapMs: number | null
    readonly gaps: readonly number[]
  }
  readonly bytesIn: number
  readonly bytesOut: number
  readonly events: number
  readonly attempts: readonly Attempt[]
  readonly hasCapture?: boolean
}

export interface Sums {
  readonly requests: number
  readonly failed: number
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly outputTokens: number
  readonly costUsd: number | null
  readonly unpriced: number
  readonly firstTokenMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null
  readonly tokensPerSecond: number | null
}

export interface Overview {
  readonly source: 'memory' | 'ledger'
  readonly sinceMs: number
  readonly untilMs: number
  readonly stepMs: number
  readonly by: string
  readonly total: Sums
  readonly steps: readonly (Sums & { readonly atMs: number })[]
  readonly groups: readonly (Sums & { readonly name: string | null })[]
}

export interface Session {
  /** Nobody has to prove anything. */
  readonly isOpen: boolean
  readonly visitor: { readonly key: string | null } | null
}
