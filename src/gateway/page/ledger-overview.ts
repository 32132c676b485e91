import type { LedgerReader, SeriesPoint } from '../../ledger/index.ts'
import type { Overview, OverviewQuestion, OverviewSource, Sums } from './overview.ts'

const MAX_GROUPS = 50
/** One bucket for all times: buckets begin at the multiples of their width since the epoch. */
const ALL_MS = 2 ** 52

/** Sums up what the ledger keeps. */
export class LedgerOverview implements OverviewSource {
  readonly #reader: LedgerReader

  constructor(reader: LedgerReader) {
    this.#reader = reader
  }

  async overview({ sinceMs, untilMs, stepMs, by, key }: OverviewQuestion): Promise<Overview> {
    const range = { since: sinceMs, until: untilMs, ...(key === undefined ? {} : { key }) }
    const [whole, steps, groups] = await Promise.all([
      this.#reader.series({ ...range, bucketMs: ALL_MS }),
      this.#reader.series({ ...range, bucketMs: stepMs }),
      this.#reader.series({ ...range, bucketMs: ALL_MS, by }),
    ])
    return {
      ...{ source: 'ledger', sinceMs, untilMs, stepMs, by },
      total: whole[0] === undefined ? NOTHING : sumsOf(whole[0]),
      steps: steps.map(point => ({ atMs: point.at, ...sumsOf(point) })),
      groups: groups
        .map(point => ({ name: point.group, ...sumsOf(point) }))
        .sort((a, b) => b.requests - a.requests)
        .slice(0, MAX_GROUPS),
    }
  }
}

const NOTHING: Sums = {
  requests: 0,
  failed: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  costUsd: null,
  unpriced: 0,
  firstTokenMs: null,
  tokensPerSecond: null,
}

function sumsOf(point: SeriesPoint): Sums {
  const { firstTokenP50Ms: p50, firstTokenP95Ms: p95, firstTokenP99Ms: p99 } = point
  return {
    requests: point.requests,
    failed: point.failed,
    inputTokens: point.inputTokens,
    cacheReadTokens: point.cacheReadTokens,
    outputTokens: point.outputTokens,
    costUsd: point.costUsd,
    unpriced: point.unpriced,
    firstTokenMs: p50 === null || p95 === null || p99 === null ? null : { p50, p95, p99 },
    tokensPerSecond: point.tokensPerSecond,
  }
}
