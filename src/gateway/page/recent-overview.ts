import type { Outcome } from '../../model/index.ts'
import type { StreamReport } from '../../observe/index.ts'
import type { Streams } from '../streams.ts'
import type { Grouping, Overview, OverviewQuestion, OverviewSource, Sums } from './overview.ts'

const MAX_GROUPS = 50

/** Sums up the reports that are in memory: where there is no ledger, the last 1000. */
export class RecentOverview implements OverviewSource {
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#streams = streams
  }

  async overview(question: OverviewQuestion): Promise<Overview> {
    const reports = this.#streams.recent(Number.POSITIVE_INFINITY, question.key)
    return overviewOf(reports, question)
  }
}

/** Who left of his own will has not failed. */
const FAILED: ReadonlySet<Outcome> = new Set(['failed', 'truncated', 'timeout', 'refused'])

const NAMES: Readonly<Record<Grouping, (report: StreamReport) => string | null>> = {
  model: ({ model }) => model.sent ?? model.requested,
  upstream: ({ upstream }) => upstream.name,
  key: ({ key }) => key,
}

/** The overview of these reports, in any order. */
export function overviewOf(reports: readonly StreamReport[], question: OverviewQuestion): Overview {
  const { sinceMs, untilMs, stepMs, by } = question
  const inRange = reports.filter(({ time }) => Date.parse(time) >= sinceMs && Date.parse(time) < untilMs)
  const steps = Map.groupBy(inRange, ({ time }) => Math.floor(Date.parse(time) / stepMs) * stepMs)
  const groups = Map.groupBy(inRange, NAMES[by])
  return {
    ...{ source: 'memory', sinceMs, untilMs, stepMs, by },
    total: sumsOf(inRange),
    steps: [...steps].sort(([a], [b]) => a - b).map(([atMs, some]) => ({ atMs, ...sumsOf(some) })),
    groups: [...groups]
      .map(([name, some]) => ({ name, ...sumsOf(some) }))
      .sort((a, b) => b.requests - a.requests)
      .slice(0, MAX_GROUPS),
  }
}

function sumsOf(reports: readonly StreamReport[]): Sums {
  const sum = (of: (report: StreamReport) => number | null | undefined) =>
    reports.reduce((total, report) => total + (of(report) ?? 0), 0)
  const firstTokens = sorted(reports.map(({ times }) => times.firstTokenMs))
  return {
    requests: reports.length,
    failed: reports.filter(({ outcome }) => FAILED.has(outcome)).length,
    inputTokens: sum(({ usage }) => usage.input),
    cacheReadTokens: sum(({ usage }) => usage.cacheRead),
    outputTokens: sum(({ usage }) => usage.output),
    costUsd: reports.some(({ cost }) => cost !== null) ? sum(({ cost }) => cost?.usd) : null,
    unpriced: reports.filter(({ cost, usage }) => cost === null && usage.provenance !== 'none').length,
    firstTokenMs:
      firstTokens.length === 0
        ? null
        : { p50: quantile(firstTokens, 0.5), p95: quantile(firstTokens, 0.95), p99: quantile(firstTokens, 0.99) },
    tokensPerSecond: paceOf(reports),
  }
}

/** Output tokens in a second, from the first token to the end. */
function paceOf(reports: readonly StreamReport[]): number | null {
  let [tokens, ms] = [0, 0]
  for (const { times, usage } of reports) {
    if (times.firstTokenMs === null || usage.output === null) continue
    tokens += usage.output
    ms += times.totalMs - times.firstTokenMs
  }
  return ms > 0 ? Math.round((tokens * 10_000) / ms) / 10 : null
}

function sorted(values: readonly (number | null)[]): number[] {
  return values.filter(value => value !== null).sort((a, b) => a - b)
}

/** The smallest value that so many of them do not exceed. */
function quantile(values: readonly number[], share: number): number {
  return values[Math.max(0, Math.ceil(values.length * share) - 1)] as number
}
