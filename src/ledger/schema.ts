import type { Database } from './database.ts'

/**
 * What was done to the schema, in order, for both stores: SQLite takes the types of PostgreSQL for its own.
 * Never change one that has been released: add another.
 *
 * Times are milliseconds since the epoch, or, where a name ends in `_ms`, since the request was complete.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE exchanges (
      id TEXT PRIMARY KEY,
      instance TEXT,
      state TEXT NOT NULL,
      started_at BIGINT NOT NULL,
      ended_at BIGINT,
      key TEXT,
      client_dialect TEXT,
      upstream TEXT,
      upstream_dialect TEXT,
      model TEXT,
      model_requested TEXT,
      model_sent TEXT,
      model_reported TEXT,
      lane TEXT,
      shape TEXT,
      outcome TEXT,
      status INTEGER,
      finish TEXT,
      error_code TEXT,
      error_message TEXT,
      input_tokens BIGINT,
      cache_read_tokens BIGINT,
      cache_write_tokens BIGINT,
      cache_write_1h_tokens BIGINT,
      output_tokens BIGINT,
      reasoning_tokens BIGINT,
      audio_input_tokens BIGINT,
      audio_output_tokens BIGINT,
      provenance TEXT,
      cost_usd DOUBLE PRECISION,
      price_source TEXT,
      reported_cost_usd DOUBLE PRECISION,
      head_ms DOUBLE PRECISION,
      first_byte_ms DOUBLE PRECISION,
      first_event_ms DOUBLE PRECISION,
      first_reasoning_ms DOUBLE PRECISION,
      first_token_ms DOUBLE PRECISION,
      total_ms DOUBLE PRECISION,
      longest_gap_ms DOUBLE PRECISION,
      bytes_in BIGINT,
      bytes_out BIGINT,
      events BIGINT,
      attempts INTEGER,
      report TEXT
    )`,
    'CREATE INDEX exchanges_by_time ON exchanges (started_at)',
    'CREATE INDEX exchanges_by_key ON exchanges (key, started_at)',
    'CREATE INDEX exchanges_by_model ON exchanges (model, started_at)',
    'CREATE INDEX exchanges_by_upstream ON exchanges (upstream, started_at)',
    "CREATE INDEX exchanges_open ON exchanges (instance) WHERE state = 'open'",
    // The time comes first, so that new rows stand together whoever made the ids: by random ones each would touch
    // a page of its own, and pages are what writing costs.
    `CREATE TABLE attempts (
      started_at BIGINT NOT NULL,
      exchange_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      upstream TEXT,
      dialect TEXT,
      model TEXT,
      sent_ms DOUBLE PRECISION,
      head_ms DOUBLE PRECISION,
      end_ms DOUBLE PRECISION,
      status INTEGER,
      error TEXT,
      PRIMARY KEY (started_at, exchange_id, number)
    )`,
    'CREATE TABLE keys (id TEXT PRIMARY KEY, name TEXT, first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL)',
    `CREATE TABLE instances (
      id TEXT PRIMARY KEY,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      started_at BIGINT NOT NULL,
      seen_at BIGINT NOT NULL
    )`,
  ],
]

/**
 * Brings the schema to this version. Several processes may do so at once.
 *
 * @throws when a newer Millrace has made it
 */
export async function migrate(database: Database): Promise<void> {
  if ((await versionOf(database)) === MIGRATIONS.length) return
  await database.migration(async queries => {
    await queries.run('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at BIGINT)')
    const [row] = await queries.all('SELECT coalesce(max(version), 0) AS version FROM migrations')
    const version = Number(row?.version ?? 0)
    if (version > MIGRATIONS.length) throw newer(version)
    for (let next = version; next < MIGRATIONS.length; next++) {
      for (const sql of MIGRATIONS[next] as readonly string[]) await queries.run(sql)
      await queries.run(`INSERT INTO migrations (version, applied_at) VALUES (?, ${database.nowMs})`, [next + 1])
    }
  })
}

/** @returns undefined when there is no ledger yet */
export async function versionOf(database: Database): Promise<number | undefined> {
  try {
    const [row] = await database.all('SELECT max(version) AS version FROM migrations')
    return row?.version == null ? undefined : Number(row.version)
  } catch (error) {
    if (isMissingTable(error)) return undefined
    throw error
  }
}

function newer(version: number): Error {
  return new Error(`its schema is version ${version}, and this Millrace knows ${MIGRATIONS.length}: use a newer one`)
}

/** `undefined_table` of PostgreSQL; SQLite has but its message. */
function isMissingTable(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === '42P01' || message?.includes('no such table') === true
}
