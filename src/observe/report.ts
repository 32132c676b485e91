import type { DialectName, Edit, Reading } from '../dialects/index.ts'
import type { FailureCode } from '../errors.ts'
import type { FinishReason, Lane, Loss, Outcome, Provenance, Shape, Usage } from '../model/index.ts'

/**
 * The one record of an exchange. The log line, the hook events, the context's metrics and
 * `StreamingMetrics` are views of it. Null where unknown, never a guess.
 */
export interface StreamReport {
  readonly id: string
  /** When the request came, ISO 8601. */
  readonly time: string
  /** A name of the client's key that gives nothing of it away; null without keys. */
  readonly key: string | null
  readonly client: { readonly dialect: DialectName | null }
  readonly upstream: { readonly name: string | null; readonly dialect: DialectName | null }
  readonly lane: Lane | null
  readonly shape: Shape | null
  readonly edits: readonly Edit[]
  /** What could not be said on the way, at most 100 told; empty where nothing was converted. */
  readonly losses: readonly ReportedLoss[]
  readonly model: {
    readonly requested: string | null
    /** What the upstream was asked for. */
    readonly sent: string | null
    /** What the upstream says it used. */
    readonly reported: string | null
  }
  /** The status that the client got; null when it left before any. */
  readonly status: number | null
  readonly outcome: Outcome
  readonly finish: { readonly reason: FinishReason; readonly raw: string | null } | null
  readonly error: { readonly code: FailureCode; readonly message: string } | null
  readonly usage: ReportedUsage
  readonly times: StreamTimes
  /** Bytes of the answer's body, from the upstream and to the client. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly events: number
  readonly attempts: number
}

/** Something of the request, or of the answer, that the other side's dialect cannot say. */
export interface ReportedLoss extends Loss {
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
  readonly input: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  readonly cacheWrite1h: number | null
  readonly output: number | null
  readonly reasoning: number | null
  readonly provenance: Provenance
}

/** Milliseconds since the request was complete; null for what did not happen. */
export interface StreamTimes {
  /** The upstream's status line. */
  readonly headMs: number | null
  readonly firstByteMs: number | null
  readonly firstEventMs: number | null
  readonly firstReasoningMs: number | null
  /** The first visible text or tool call. */
  readonly firstTokenMs: number | null
  readonly totalMs: number
  /** The longest silence between two reads that brought content, after the first. */
  readonly longestGapMs: number | null
}

export function reportedUsage(usage: Usage, provenance: Provenance): ReportedUsage {
  return {
    input: usage.input ?? null,
    cacheRead: usage.cacheRead ?? null,
    cacheWrite: usage.cacheWrite ?? null,
    cacheWrite1h: usage.cacheWrite1h ?? null,
    output: usage.output ?? null,
    reasoning: usage.reasoning ?? null,
    provenance,
  }
}

export function provenanceOf({ usage, isUsageFinal }: Pick<Reading, 'usage' | 'isUsageFinal'>): Provenance {
  if (Object.keys(usage).length === 0) return 'none'
  return isUsageFinal ? 'reported' : 'partial'
}
