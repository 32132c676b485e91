import { existsSync } from 'node:fs'
import type { Database } from './database.ts'
import { isPostgres } from './place.ts'
import { versionOf } from './schema.ts'

/** Questions of a page come two at a time; what is written comes in one order. */
const READING = 2
const WRITING = 1

/**
 * Opens the store of a ledger. Only its own driver is loaded: that of PostgreSQL is 10 MB and 40 ms of CPU.
 *
 * @param url `postgres://…`, or the path of a file of SQLite
 * @param isReader it is only read; a file must be there then
 */
export async function openDatabase(url: string, isReader = false): Promise<Database> {
  if (isPostgres(url)) {
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres(url, isReader ? READING : WRITING)
  }
  const { openSqlite } = await import('./sqlite.ts')
  return openSqlite(url, isReader)
}

/** Opens the store for reading; undefined when no gateway has written to it yet. */
export async function openReader(url: string): Promise<Database | undefined> {
  if (!isPostgres(url) && !existsSync(url)) return undefined
  const database = await openDatabase(url, true)
  try {
    if ((await versionOf(database)) !== undefined) return database
  } catch (error) {
    await database.close()
    throw error
  }
  await database.close()
  return undefined
}
