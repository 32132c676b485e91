import type { StreamReport } from '../observe/index.ts'
import type { Database, Row, Value } from './database.ts'
import { FAILED, whereOf } from './filter.ts'
import type { LedgerEntry, LedgerRow, Question, RecentQuestion } from './questions.ts'
import { seriesOf, usageOf } from './sums.ts'

const DEFAULT_LIMIT = 100
/** More than are told when a beginning of an id fits several. */
const MAX_FOUND = 10

const COLUMNS = [
  ...['id', 'state', 'started_at', 'ended_at', 'key', 'client_dialect', 'upstream', 'upstream_dialect'],
  ...['model_requested', 'model_sent', 'model_reported', 'lane', 'shape', 'outcome', 'status', 'finish'],
  ...['error_code', 'error_message', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens'],
  ...['reasoning_tokens', 'provenance', 'cost_usd', 'price_source', 'first_token_ms', 'total_ms'],
  ...['bytes_in', 'bytes_out'],
].join(', ')

/** Reads the answer to a question. */
export function answerQuestion(database: Database, question: Question): Promise<unknown> {
  switch (question.kind) {
    case 'recent':
      return recent(database, question)
    case 'find':
      return find(database, question.id)
    case 'usage':
      return usageOf(database, question)
    case 'series':
      return seriesOf(database, question)
    default:
      return question satisfies never
  }
}

async function recent(database: Database, question: RecentQuestion): Promise<readonly LedgerRow[]> {
  const { sql, values } = whereOf(question)
  const failed = question.isFailed ? ` AND ${FAILED}` : ''
  const rows = await database.all(
    `SELECT ${COLUMNS} FROM exchanges WHERE ${sql}${failed} ORDER BY started_at DESC, id LIMIT ?`,
    [...values, question.limit ?? DEFAULT_LIMIT],
  )
  return rows.map(row => camelCased(row) as unknown as LedgerRow)
}

/** Those whose id begins so; the one alone whose id it is. */
async function find(database: Database, id: string): Promise<readonly LedgerEntry[]> {
  const pick = `SELECT ${COLUMNS}, report FROM exchanges WHERE`
  const exact = await database.all(`${pick} id = ?`, [id])
  const rows =
    exact.length > 0
      ? exact
      : await database.all(`${pick} id IN (SELECT id FROM exchanges WHERE substr(id, 1, ?) = ? LIMIT ?)`, [
          id.length,
          id,
          MAX_FOUND,
        ])
  return Promise.all(rows.map(row => entryOf(database, row)))
}

async function entryOf(database: Database, { report, ...row }: Row): Promise<LedgerEntry> {
  const attempts = await database.all(
    `SELECT upstream, dialect, model, sent_ms, head_ms, end_ms, status, error FROM attempts
      WHERE started_at = ? AND exchange_id = ? ORDER BY number`,
    [row.started_at as number, row.id as string],
  )
  return {
    row: camelCased(row) as unknown as LedgerRow,
    report: report == null ? null : (JSON.parse(report as string) as StreamReport),
    attempts: attempts.map(attempt => camelCased(attempt) as unknown as LedgerEntry['attempts'][number]),
  }
}

function camelCased(row: Row): Record<string, Value> {
  const entries = Object.entries(row)
  return Object.fromEntries(
    entries.map(([name, value]) => [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
  )
}
