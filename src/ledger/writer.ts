import type { StreamReport } from '../observe/index.ts'
import type { Database, Insert, Queries, Value } from './database.ts'
import {
  ATTEMPT_INSERT,
  attemptValues,
  OPENED_INSERT,
  openedValues,
  SETTLED_INSERT,
  settledValues,
} from './exchange-rows.ts'
import type { OpenRow } from './rows.ts'

/** What is written of a batch. */
export interface Written {
  /** Reports that the store refuses, each by itself. */
  readonly refused: number
}

const KEY_INSERT: Insert = {
  table: 'keys',
  columns: ['id', 'first_seen', 'last_seen'],
  key: ['id'],
  update: ['last_seen'],
}

interface Settled {
  readonly line: string
  readonly report: StreamReport
}

/**
 * Writes rows in one transaction. Written twice they are there once.
 *
 * @param opened open rows, one line of JSON each
 * @param settled reports, one line of JSON each
 * @throws when the store cannot be written now; nothing is written then
 */
export async function writeRows(
  database: Database,
  instance: string,
  opened: readonly string[],
  settled: readonly string[],
): Promise<Written> {
  const rows = opened.map(line => JSON.parse(line) as OpenRow)
  const reports = settled.map(line => ({ line, report: JSON.parse(line) as StreamReport }))
  const refused = await write(
    database,
    instance,
    once(rows, row => row.id),
    once(reports, ({ report }) => report.id),
  )
  return { refused }
}

/** The last of each id: one statement cannot write one row twice. */
function once<T>(items: readonly T[], idOf: (item: T) => string): T[] {
  return [...new Map(items.map(item => [idOf(item), item])).values()]
}

/** Halves what holds a row that the store refuses, until it stands alone. */
async function write(
  database: Database,
  instance: string,
  opened: readonly OpenRow[],
  settled: readonly Settled[],
): Promise<number> {
  try {
    await database.transaction(queries => put(queries, instance, opened, settled))
    return 0
  } catch (error) {
    if (!database.isFaultOfRow(error)) throw error
    if (opened.length + settled.length === 1) return settled.length
  }
  const [rows, reports] = [Math.ceil(opened.length / 2), Math.ceil(settled.length / 2)]
  // One of each: halving each would go on for ever.
  const [firstRows, firstReports] = rows + reports === opened.length + settled.length ? [rows, 0] : [rows, reports]
  return (
    (await write(database, instance, opened.slice(0, firstRows), settled.slice(0, firstReports))) +
    (await write(database, instance, opened.slice(firstRows), settled.slice(firstReports)))
  )
}

async function put(
  queries: Queries,
  instance: string,
  opened: readonly OpenRow[],
  settled: readonly Settled[],
): Promise<void> {
  await insert(
    queries,
    OPENED_INSERT,
    opened.map(row => openedValues(row, instance)),
  )
  await insert(
    queries,
    SETTLED_INSERT,
    settled.map(({ report, line }) => settledValues(report, line, instance)),
  )
  await insert(
    queries,
    ATTEMPT_INSERT,
    settled.flatMap(({ report }) => attemptValues(report)),
  )
  await insert(queries, KEY_INSERT, keysOf(settled))
}

async function insert(queries: Queries, into: Insert, rows: readonly (readonly Value[])[]): Promise<void> {
  if (rows.length > 0) await queries.insert(into, rows)
}

function keysOf(settled: readonly Settled[]): Value[][] {
  const seen = new Map<string, [first: number, last: number]>()
  for (const { report } of settled) {
    if (report.key === null) continue
    const time = Date.parse(report.time)
    const [first, last] = seen.get(report.key) ?? [time, time]
    seen.set(report.key, [Math.min(first, time), Math.max(last, time)])
  }
  return [...seen].map(([key, times]) => [key, ...times])
}
