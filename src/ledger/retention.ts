import type { Database } from './database.ts'

/** What is kept. */
export interface Retention {
  readonly maxAgeMs: number
  readonly maxBytes: number
}

/** Exchanges that are deleted at a time: some milliseconds. */
const STEP = 200

const OLDER = 'SELECT id, started_at FROM exchanges WHERE started_at < ? ORDER BY started_at LIMIT ?'
const OLDEST = 'SELECT id, started_at FROM exchanges ORDER BY started_at LIMIT ?'

/**
 * Takes one small step toward what is to be kept.
 *
 * @returns whether there may be more to do
 */
export async function stepRetention(database: Database, { maxAgeMs, maxBytes }: Retention): Promise<boolean> {
  const before = Date.now() - maxAgeMs
  const old = await database.all(OLDER, [before, STEP])
  const ids = old.length > 0 || (await database.usedBytes()) <= maxBytes ? old : await database.all(OLDEST, [STEP])
  if (ids.length === 0) return database.giveBack()
  const marks = ids.map(() => '?').join(', ')
  const values = ids.map(({ id }) => id as string)
  await database.transaction(async queries => {
    const last = ids.at(-1)?.started_at ?? 0
    await queries.run(`DELETE FROM attempts WHERE started_at <= ? AND exchange_id IN (${marks})`, [last, ...values])
    await queries.run(`DELETE FROM exchanges WHERE id IN (${marks})`, values)
  })
  return true
}
