import postgres from 'postgres'
import { type Database, type Insert, insertSql, type Queries, type Row, type Value } from './database.ts'

const CONNECT_S = 5
/** For one statement, by the server; and by our own clock, where the server is not heard from any more. */
const STATEMENT_MS = 10_000
const SILENCE_MS = 15_000
const LOCK_MS = 3000
const CLOSE_S = 1
/** After a connection has failed. Who asks again waits longer by itself. */
const BACKOFF_S = 0.1

/** A place of our own in a database that may be used for more. */
const SCHEMA = 'millrace'

/** Any number, as long as it is always the same: whoever changes the schema holds it. */
const MIGRATION_LOCK = 727_364_001

/** Bytes of a row beside its report: its columns, its indices, its attempts. */
const ROW_BYTES = 1000

/** Numbers that come as texts: they are counts and milliseconds, far below where doubles lose a digit. */
const INT8 = 20
const NUMERIC = 1700

/** Opens no connection yet: the first statement does. */
export function openPostgres(url: string, connections: number): Database {
  const sql = postgres(url, {
    max: connections,
    connect_timeout: CONNECT_S,
    backoff: () => BACKOFF_S,
    connection: {
      application_name: 'millrace',
      search_path: SCHEMA,
      statement_timeout: STATEMENT_MS,
      lock_timeout: LOCK_MS,
    },
    types: {
      bigint: { to: INT8, from: [INT8], serialize: String, parse: Number },
      numeric: { to: NUMERIC, from: [NUMERIC], serialize: String, parse: Number },
    },
    // The server's notices are for its administrator.
    onnotice() {},
  })
  return new PostgresDatabase(sql)
}

class PostgresQueries implements Queries {
  readonly #sql: postgres.Sql

  constructor(sql: postgres.Sql) {
    this.#sql = sql
  }

  async all(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    return await inTime(this.#sql.unsafe<Row[]>(numbered(sql), [...values]))
  }

  async run(sql: string, values: readonly Value[] = []): Promise<void> {
    await inTime(this.#sql.unsafe(numbered(sql), [...values]))
  }

  /** As one text, so that the statement is the same for any number of rows. */
  async insert(insert: Insert, rows: readonly (readonly Value[])[]): Promise<void> {
    const { table, columns } = insert
    const objects = rows.map(row => Object.fromEntries(columns.map((column, at) => [column, row[at]])))
    const source = `SELECT ${columns.join(', ')} FROM json_populate_recordset(NULL::${table}, $1::text::json)`
    await inTime(this.#sql.unsafe(insertSql(insert, source), [JSON.stringify(objects)]))
  }
}

class PostgresDatabase extends PostgresQueries implements Database {
  readonly nowMs = 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)'
  readonly #sql: postgres.Sql

  constructor(sql: postgres.Sql) {
    super(sql)
    this.#sql = sql
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const done = this.#sql.begin(sql => work(new PostgresQueries(sql as unknown as postgres.Sql)))
    return (await inTime(done)) as T
  }

  migration<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.transaction(async queries => {
      await queries.all('SELECT pg_advisory_xact_lock(?)::text', [MIGRATION_LOCK])
      // Asked first: who may not create it may find it made by somebody who may.
      const [found] = await queries.all('SELECT to_regnamespace(?)::text AS name', [SCHEMA])
      if (found?.name == null) await queries.run(`CREATE SCHEMA ${SCHEMA}`)
      return work(queries)
    })
  }

  isMoved(): boolean {
    return false
  }

  /** The size of the tables counts what deleted rows have left, which the server keeps for new ones. */
  async usedBytes(): Promise<number> {
    const [row] = await this.all(`
      SELECT (SELECT count(*) FROM exchanges) *
        (SELECT coalesce(avg(octet_length(report)), 0) + ${ROW_BYTES} FROM
          (SELECT report FROM exchanges ORDER BY started_at DESC LIMIT 1000) AS latest) AS bytes`)
    return Number(row?.bytes ?? 0)
  }

  /** The server does so itself, and takes the room for new rows. */
  async giveBack(): Promise<boolean> {
    return false
  }

  /** Class 22 are values that do not fit, 23 broken constraints. */
  isFaultOfRow(error: unknown): boolean {
    return /^2[23]/.test(String((error as { code?: unknown }).code))
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: CLOSE_S })
  }
}

/** @throws when nothing is heard for so long; the connection is then not to be used any more */
async function inTime<T>(query: Promise<T>): Promise<T> {
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`Database gave no answer for ${SILENCE_MS} ms`)), SILENCE_MS)
  try {
    return await Promise.race([query, silence])
  } finally {
    clearTimeout(timer)
  }
}

/** No statement of ours has a question mark in a text. */
function numbered(sql: string): string {
  let number = 0
  return sql.replaceAll('?', () => `$${++number}`)
}
