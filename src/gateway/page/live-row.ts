import type { Progress, ProgressState } from '../../exchange/index.ts'
import type { StreamReport } from '../../observe/index.ts'

/** What others wrote is not sent at any length. */
const MAX_CHARS = 120
/** How far back the pace of a stream is looked at, in milliseconds. */
const PACE_MS = 1500

/** A stream as the live view shows it. Null where nothing is known. */
export interface LiveRow {
  /** Its number in this feed: changes refer to it. */
  readonly n: number
  /** Of the exchange. */
  readonly id: string
  /** A name of the client's key. */
  readonly key: string | null
  /** What the client speaks. */
  readonly client: string | null
  /** The upstream's name. */
  readonly upstream: string | null
  /** What the upstream speaks. */
  readonly upstreamDialect: string | null
  /** The model that the client named. */
  readonly model: string | null
  /** How the bytes travel. */
  readonly lane: string | null
  /** What it is at. */
  readonly state: ProgressState
  /** How it ended; null while it is open. */
  readonly outcome: string | null
  /** When it began, in milliseconds since the epoch. */
  readonly startedMs: number
  /** When the first visible text or tool call came, in milliseconds since it began. */
  readonly firstTokenMs: number | null
  /** How long it took; null while it is open. */
  readonly totalMs: number | null
  /** Tokens of the answer so far. */
  readonly tokens: number
  /** Whether they are our own count. */
  readonly isEstimated: boolean
  /** Tokens in a second, over the last second or two. */
  readonly tokensPerSecond: number
  /** Bytes of the answer that the upstream has sent. */
  readonly bytesIn: number
  /** Silences between its reads since the last event, in milliseconds, the last 16 at most. */
  readonly gaps: readonly number[]
}

/** A row that moved, as short as it can be told: number, state, tokens, tokens per second, bytes, silences. */
export type LiveMove = readonly [
  n: number,
  state: ProgressState,
  tokens: number,
  tokensPerSecond: number,
  bytesIn: number,
  gaps: readonly number[],
]

export function openRow(n: number, progress: Progress, tokensPerSecond: number, gaps: readonly number[]): LiveRow {
  return {
    n,
    id: progress.id,
    key: progress.key ?? null,
    client: progress.client ?? null,
    upstream: progress.upstream ?? null,
    upstreamDialect: progress.upstreamDialect ?? null,
    model: shortened(progress.model ?? null),
    lane: progress.lane ?? null,
    state: progress.state,
    outcome: null,
    startedMs: progress.startedMs,
    firstTokenMs: progress.firstTokenMs ?? null,
    totalMs: null,
    tokens: progress.tokens,
    isEstimated: progress.isEstimated,
    tokensPerSecond,
    bytesIn: progress.bytesIn,
    gaps,
  }
}

export function endedRow(n: number, report: StreamReport): LiveRow {
  const { usage, times } = report
  return {
    n,
    id: report.id,
    key: report.key,
    client: report.client.dialect,
    upstream: report.upstream.name,
    upstreamDialect: report.upstream.dialect,
    model: shortened(report.model.requested),
    lane: report.lane,
    state: report.outcome === 'completed' ? 'done' : 'failed',
    outcome: report.outcome,
    startedMs: Date.parse(report.time),
    firstTokenMs: times.firstTokenMs,
    totalMs: times.totalMs,
    tokens: usage.output ?? 0,
    isEstimated: usage.provenance === 'estimated',
    tokensPerSecond: 0,
    bytesIn: report.bytesIn,
    gaps: [],
  }
}

/** The pace of one stream, from the tokens that it had at each look. */
export class Pace {
  #tokens = 0
  #atMs: number | undefined
  #perSecond = 0

  /** @returns tokens in a second, to a tenth */
  look(tokens: number, nowMs: number): number {
    if (this.#atMs !== undefined && nowMs > this.#atMs) {
      const elapsedMs = nowMs - this.#atMs
      const now = (Math.max(0, tokens - this.#tokens) * 1000) / elapsedMs
      this.#perSecond += (now - this.#perSecond) * (1 - Math.exp(-elapsedMs / PACE_MS))
    }
    this.#atMs = nowMs
    this.#tokens = tokens
    return Math.round(this.#perSecond * 10) / 10
  }
}

function shortened(text: string | null): string | null {
  return text === null || text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 1)}…`
}
