/** The stores that a ledger can have, real ones: a file of SQLite, and a PostgreSQL where one can be started. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite } from 'node:test'
import type { Database, Row, Value } from '../../src/ledger/database.ts'
import { openDatabase } from '../../src/ledger/open-database.ts'
import { PostgresServer } from './postgres-server.ts'

export interface TestStore {
  readonly name: 'sqlite' | 'postgres'
  /** The URL of a ledger that is not there yet. */
  make(): Promise<string>
  /** Takes it away for a while, with who is connected to it; and brings it back. Only a server can go. */
  readonly server?: { stop(): Promise<void>; resume(): Promise<void> }
}

/** Runs the tests once for each store; where one cannot be had here, it says why. */
export async function suiteOverStores(name: string, define: (store: TestStore) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ledger-'))
  suite(`${name}, on SQLite`, () => {
    after(() => rmSync(folder, { recursive: true }))
    define({ name: 'sqlite', make: async () => join(folder, crypto.randomUUID(), 'ledger.sqlite') })
  })
  const server = await PostgresServer.start()
  const why = typeof server === 'string' ? server : false
  if (why) process.stderr.write(`skipped: ${name}, on PostgreSQL: ${why}\n`)
  suite(`${name}, on PostgreSQL`, { skip: why }, () => {
    if (typeof server === 'string') return
    after(() => server[Symbol.asyncDispose]())
    define({ name: 'postgres', make: () => server.emptyDatabase(), server })
  })
}

/** Rows of a ledger as they stand in it; none while it is not there, or not to be read now. */
export async function readRows(url: string, sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
  if (!url.includes('://') && !existsSync(url)) return []
  let database: Database | undefined
  try {
    database = await openDatabase(url, true)
    return await database.all(sql, values)
  } catch {
    return []
  } finally {
    await database?.close()
  }
}
