import type { Database, Row } from './database.ts'
import { FAILED, whereOf } from './filter.ts'
import type { SeriesPoint, SeriesQuestion, Sums, UsageGroup, UsageQuestion, UsageRow } from './questions.ts'

const DAY_MS = 86_400_000

const GROUPS = {
  model: 'model',
  key: 'key',
  upstream: 'upstream',
  day: `started_at - started_at % ${DAY_MS}`,
} as const satisfies Record<UsageGroup, string>

/** Tokens are known, or may have been used, and no price is. */
const UNPRICED = `cost_usd IS NULL AND
  (state = 'interrupted' OR input_tokens IS NOT NULL OR output_tokens IS NOT NULL OR first_token_ms IS NOT NULL)`

/** Counts as doubles: what upstreams claim may be more than whole numbers hold together. */
const SUMS = `
  COUNT(*) AS requests,
  SUM(CASE WHEN state <> 'open' THEN 1 ELSE 0 END) AS ended,
  SUM(CASE WHEN ${FAILED} THEN 1 ELSE 0 END) AS failed,
  SUM(CAST(input_tokens AS DOUBLE PRECISION)) AS input_tokens,
  SUM(CAST(cache_read_tokens AS DOUBLE PRECISION)) AS cache_read_tokens,
  SUM(CAST(cache_write_tokens AS DOUBLE PRECISION)) AS cache_write_tokens,
  SUM(CAST(output_tokens AS DOUBLE PRECISION)) AS output_tokens,
  SUM(CAST(reasoning_tokens AS DOUBLE PRECISION)) AS reasoning_tokens,
  SUM(cost_usd) AS cost_usd,
  SUM(CASE WHEN ${UNPRICED} THEN 1 ELSE 0 END) AS unpriced`

/** Sums by a group: days in their order, all else by what it cost and how many there were. */
export async function usageOf(database: Database, question: UsageQuestion): Promise<readonly UsageRow[]> {
  const { by } = question
  const { sql, values } = whereOf(question)
  const order = by === 'day' ? '1' : 'coalesce(SUM(cost_usd), 0) DESC, COUNT(*) DESC, 1'
  const rows = await database.all(
    `SELECT ${GROUPS[by]} AS grouped, ${SUMS} FROM exchanges WHERE ${sql} GROUP BY 1 ORDER BY ${order}`,
    values,
  )
  return rows.map(row => ({ group: groupOf(row, by), ...sumsOf(row) }))
}

function groupOf({ grouped }: Row, by: UsageGroup): string | null {
  if (grouped == null) return null
  return by === 'day' ? new Date(Number(grouped)).toISOString().slice(0, 10) : String(grouped)
}

function sumsOf(row: Row): Sums {
  return {
    requests: Number(row.requests),
    ended: Number(row.ended),
    failed: Number(row.failed),
    inputTokens: Number(row.input_tokens),
    cacheReadTokens: Number(row.cache_read_tokens),
    cacheWriteTokens: Number(row.cache_write_tokens),
    outputTokens: Number(row.output_tokens),
    reasoningTokens: Number(row.reasoning_tokens),
    costUsd: numberOf(row.cost_usd),
    unpriced: Number(row.unpriced),
  }
}

function numberOf(value: Row[string] | undefined): number | null {
  return value == null ? null : Number(value)
}

/** Sums by bucket of time, in the order of time, with what stands for how quick answers were. */
export async function seriesOf(database: Database, question: SeriesQuestion): Promise<readonly SeriesPoint[]> {
  const { bucketMs, by } = question
  const { sql, values } = whereOf(question)
  const bucket = `started_at - started_at % ${wholeBucket(bucketMs)}`
  const group = by === undefined ? 'CAST(NULL AS TEXT)' : GROUPS[by]
  const sums = await database.all(
    `SELECT ${bucket} AS bucket, ${group} AS grouped, ${SUMS},
        SUM(CASE WHEN ${IS_TIMED} THEN CAST(output_tokens AS DOUBLE PRECISION) END) AS timed_tokens,
        SUM(CASE WHEN ${IS_TIMED} THEN total_ms - first_token_ms END) AS timed_ms
      FROM exchanges WHERE ${sql} GROUP BY 1, 2 ORDER BY 1, 2`,
    values,
  )
  const quickness = await database.all(
    `SELECT bucket, grouped, ${[50, 95, 99].map(percentile).join(', ')}
      FROM (SELECT bucket, grouped, ms, CUME_DIST() OVER (PARTITION BY bucket, grouped ORDER BY ms) AS share
        FROM (SELECT ${bucket} AS bucket, ${group} AS grouped, first_token_ms AS ms
          FROM exchanges WHERE ${sql} AND first_token_ms IS NOT NULL) AS times) AS ranked
      GROUP BY bucket, grouped`,
    values,
  )
  const byPlace = new Map(quickness.map(row => [placeOf(row), row]))
  return sums.map(row => pointOf(row, byPlace.get(placeOf(row)), by))
}

const IS_TIMED = 'output_tokens IS NOT NULL AND total_ms > first_token_ms'

/** The smallest value that so many of a hundred do not exceed. */
function percentile(percent: number): string {
  return `MIN(CASE WHEN share >= ${percent / 100} THEN ms END) AS p${percent}`
}

function placeOf({ bucket, grouped }: Row): string {
  return `${bucket} ${grouped === null ? '' : `=${grouped}`}`
}

function pointOf(row: Row, quick: Row | undefined, by: SeriesQuestion['by']): SeriesPoint {
  const ms = numberOf(row.timed_ms)
  return {
    at: Number(row.bucket),
    group: by === undefined ? null : groupOf(row, by),
    ...sumsOf(row),
    firstTokenP50Ms: numberOf(quick?.p50),
    firstTokenP95Ms: numberOf(quick?.p95),
    firstTokenP99Ms: numberOf(quick?.p99),
    tokensPerSecond: ms === null || ms === 0 ? null : (Number(row.timed_tokens) * 1000) / ms,
  }
}

/** It stands in the statement: PostgreSQL would not know that two places of one number are one group. */
function wholeBucket(bucketMs: number): number {
  if (!Number.isSafeInteger(bucketMs) || bucketMs < 1) throw new RangeError('A bucket takes whole milliseconds from 1')
  return bucketMs
}
