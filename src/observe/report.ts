import type { DialectName, Edit, Reading } from '../dialects/index.ts'
import type { FailureCode } from '../errors.ts'
import type { FinishReason, Lane, Loss, Outcome, Provenance, Shape, Usage } from '../model/index.ts'
import type { Cost } from './prices.ts'

/**
 * The one record of an exchange. The log line, the hook events, the context's metrics and
 * `StreamingMetrics` are views of it. Null where unknown, never a guess.
 */
export interface StreamReport {
  /** Of the exchange, as in its hooks and traces. */
  readonly id: string
  /** When the request came, ISO 8601. */
  readonly time: string
  /** A name of the client's key that gives nothing of it away; null without keys. */
  readonly key: string | null
  /** What the client speaks. */
  readonly client: { readonly dialect: DialectName | null }
  /** The name and the dialect of the upstream that was asked last. */
  readonly upstream: { readonly name: string | null; readonly dialect: DialectName | null }
  /** How the bytes travelled; null where nothing was sent. */
  readonly lane: Lane | null
  /** What the client wanted against what the upstream gave; null where nothing came. */
  readonly shape: Shape | null
  /** What was changed of bytes that were otherwise relayed. */
  readonly edits: readonly Edit[]
  /** What could not be said on the way, at most 100 told; empty where nothing was converted. */
  readonly losses: readonly ReportedLoss[]
  /** The model in three views: `requested` is what the client named. */
  readonly model: {
    readonly requested: string | null
    /** What the upstream was asked for. */
    readonly sent: string | null
    /** What the upstream says it used. */
    readonly reported: string | null
  }
  /** The tier that the upstream says it served in, in its own word. */
  readonly serviceTier: string | null
  /** The answer's id, as the upstream names it; null where it named none. */
  readonly answerId: string | null
  /** The status that the client got; null when it left before any. */
  readonly status: number | null
  /** How it ended. */
  readonly outcome: Outcome
  /** Why the first candidate ended, and the provider's own word; null where it did not. */
  readonly finish: { readonly reason: FinishReason; readonly raw: string | null } | null
  /** Why it failed, redacted; null where it did not. */
  readonly error: { readonly code: FailureCode; readonly message: string } | null
  /** Tokens, as far as the upstream told them, or estimated where it did not. */
  readonly usage: ReportedUsage
  /** What it cost; null where the price or the tokens are not known. */
  readonly cost: Cost | null
  /** When what came. */
  readonly times: StreamTimes
  /** Bytes of the answer's body, from the upstream and to the client. */
  readonly bytesIn: number
  /** Bytes of the body that the client was given. */
  readonly bytesOut: number
  /** Events of the upstream's stream that were read. */
  readonly events: number
  /** The attempts that were sent, to one upstream or to several, in their order. */
  readonly attempts: readonly ReportedAttempt[]
}

/** One attempt at one upstream; times are in milliseconds since the request was complete. */
export interface ReportedAttempt {
  /** The upstream's name; null where it has none. */
  readonly upstream: string | null
  /** What it was asked in. */
  readonly dialect: DialectName
  /** The model that it was asked for. */
  readonly model: string | null
  /** When it was sent. */
  readonly sentMs: number
  /** When its status line came. */
  readonly headMs: number | null
  /** When it was over. */
  readonly endMs: number
  /** The upstream's status; null when none came. */
  readonly status: number | null
  /** Why it was no answer, or only part of one; null for the one that served. */
  readonly error: FailureCode | null
}

/** Something of the request, or of the answer, that the other side's dialect cannot say. */
export interface ReportedLoss extends Loss {
  /** Which way it was lost. */
  readonly in: 'request' | 'answer'
}

/** Losses in one report. */
const MAX_LOSSES = 100

/** The losses of both ways, those that somebody may miss before the cosmetic ones. */
export function reportedLosses(request: readonly Loss[], answer: readonly Loss[]): readonly ReportedLoss[] {
  if (request.length === 0 && answer.length === 0) return []
  const all: ReportedLoss[] = [
    ...request.map(loss => ({ in: 'request', ...loss }) as const),
    ...answer.map(loss => ({ in: 'answer', ...loss }) as const),
  ]
  const [missed, cosmetic] = [all.filter(isMissed), all.filter(loss => !isMissed(loss))]
  return [...missed, ...cosmetic].slice(0, MAX_LOSSES)
}

function isMissed({ reason }: Loss): boolean {
  return reason !== 'cosmetic'
}

/** Tokens as totals with their parts: `input` holds cache reads and writes, `output` holds reasoning. */
export interface ReportedUsage {
  /** Tokens of the prompt, those read from a cache and written to one among them. */
  readonly input: number | null
  /** The part of the input that was read from a cache. */
  readonly cacheRead: number | null
  /** The part of the input that was written to a cache. */
  readonly cacheWrite: number | null
  /** The part of the cache writes that is kept for an hour. */
  readonly cacheWrite1h: number | null
  /** Tokens of the answer, the reasoning among them. */
  readonly output: number | null
  /** The part of the output that was reasoning. */
  readonly reasoning: number | null
  /** The part of the input that was audio. */
  readonly audioInput: number | null
  /** The part of the output that was audio. */
  readonly audioOutput: number | null
  /** Requests to tools that the provider ran and bills apart, by its own name. */
  readonly serverTools: Readonly<Record<string, number>> | null
  /** What the upstream itself says this cost, in US dollars. */
  readonly reportedCostUsd: number | null
  /** How far the counts can be trusted. */
  readonly provenance: Provenance
}

/** Milliseconds since the request was complete; null for what did not happen. */
export interface StreamTimes {
  /** A connection had the request, one that was made for it or an old one; null too where the client does not know. */
  readonly connectMs: number | null
  /** The upstream's status line. */
  readonly headMs: number | null
  /** The first byte of a body. */
  readonly firstByteMs: number | null
  /** The first event of a stream. */
  readonly firstEventMs: number | null
  /** The first reasoning. */
  readonly firstReasoningMs: number | null
  /** The first visible text or tool call. */
  readonly firstTokenMs: number | null
  /** The end. */
  readonly totalMs: number
  /** The longest silence between two reads that brought content, after the first. */
  readonly longestGapMs: number | null
  /**
   * How many of these silences were how long: up to 10, 20, 50, 100, 250, 500, 1000, 2500, 5000, 10000 ms, and
   * longer ones; up to the last that there was.
   */
  readonly gaps: readonly number[]
  /** All these silences together. */
  readonly gapSumMs: number
}

/** Upper bounds of `gaps`, in milliseconds; what is longer than all of them counts in one more. */
export const GAP_BOUNDS_MS = [10, 20, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const

export function reportedUsage(usage: Usage, provenance: Provenance): ReportedUsage {
  return {
    input: usage.input ?? null,
    cacheRead: usage.cacheRead ?? null,
    cacheWrite: usage.cacheWrite ?? null,
    cacheWrite1h: usage.cacheWrite1h ?? null,
    output: usage.output ?? null,
    reasoning: usage.reasoning ?? null,
    audioInput: usage.audioInput ?? null,
    audioOutput: usage.audioOutput ?? null,
    serverTools: usage.serverTools ?? null,
    reportedCostUsd: usage.reportedCostUsd ?? null,
    provenance,
  }
}

export function provenanceOf({ usage, isUsageFinal }: Pick<Reading, 'usage' | 'isUsageFinal'>): Provenance {
  if (Object.keys(usage).length === 0) return 'none'
  return isUsageFinal ? 'reported' : 'partial'
}
