import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Database, type Insert, insertSql, type Queries, type Row, type Value } from './database.ts'

/**
 * For another one to let go of the file. Short: the rows wait in their queue, which tries again, and what else
 * is asked of the thread waits with them.
 */
const BUSY_MS = 250

/** Pages that go back to the file system at a time: 1 MiB. */
const PAGES = 256

/** 16 MiB. */
const CHECKPOINT_PAGES = 4096
const JOURNAL_BYTES = 64 * 1024 * 1024

/** Told by SQLite of a value or a row, not of the file: TOOBIG, CONSTRAINT, MISMATCH, RANGE. */
const FAULTS_OF_ROWS: readonly number[] = [18, 19, 20, 25]

/**
 * Opens a file of SQLite, with what readers and a writer need to stay out of each other's way.
 *
 * @param isReader it is only read; it must be there then
 * @throws when it cannot be opened, is no database, or is locked at this moment
 */
export function openSqlite(path: string, isReader = false): Database {
  if (!isReader) prepareFile(path)
  const database = new DatabaseSync(path, { readOnly: isReader, timeout: BUSY_MS })
  try {
    if (!isReader) {
      // Before the first table, or it has no effect.
      database.exec('PRAGMA auto_vacuum = INCREMENTAL')
      database.exec('PRAGMA journal_mode = WAL')
      // A crash of the machine may take the last rows along; it never breaks the file.
      database.exec('PRAGMA synchronous = NORMAL')
      // Pages that change again and again, those of the indices, are copied to the file once in so many.
      database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
      // What a long reader made grow shrinks again.
      database.exec(`PRAGMA journal_size_limit = ${JOURNAL_BYTES}`)
    }
    // It is read here for the first time.
    database.exec('SELECT count(*) FROM sqlite_schema')
    return new SqliteDatabase(database, path)
  } catch (error) {
    database.close()
    throw error
  }
}

/** For our eyes only; SQLite gives its two companions the mode of the file. */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

class SqliteDatabase implements Database {
  readonly nowMs = "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
  readonly #database: DatabaseSync
  readonly #path: string
  /** What tells the file from another one of its name. */
  readonly #inode: number | undefined
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
    this.#inode = inodeOf(path)
  }

  async all(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    return this.#statement(sql).all(...values) as Row[]
  }

  async run(sql: string, values: readonly Value[] = []): Promise<void> {
    this.#statement(sql).run(...values)
  }

  async insert(insert: Insert, rows: readonly (readonly Value[])[]): Promise<void> {
    const marks = insert.columns.map(() => '?').join(', ')
    const statement = this.#statement(insertSql(insert, `VALUES (${marks})`))
    for (const row of rows) statement.run(...row)
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    // At once for writing: who begins as a reader may find out too late that another one has written.
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = await work(this)
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk has rolled it back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  migration<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.transaction(work)
  }

  isMoved(): boolean {
    return inodeOf(this.#path) !== this.#inode
  }

  async usedBytes(): Promise<number> {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size')
  }

  async giveBack(): Promise<boolean> {
    if (this.#pragma('freelist_count') === 0) return false
    this.#database.exec(`PRAGMA incremental_vacuum(${PAGES})`)
    return this.#pragma('freelist_count') > 0
  }

  isFaultOfRow(error: unknown): boolean {
    // The lowest byte is the kind of it, the others say more.
    return FAULTS_OF_ROWS.includes(((error as { errcode?: number }).errcode ?? 0) & 0xff)
  }

  async close(): Promise<void> {
    this.#statements.clear()
    this.#database.close()
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #pragma(name: string): number {
    return Number(this.#database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
