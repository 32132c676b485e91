import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Database, Queries, Row } from './database.ts'

/** A process that writes to the ledger. */
export interface Instance {
  /** Made anew at each start. */
  readonly id: string
  /** Where its number of a process means something; see {@link hostOf}. */
  readonly host: string
  readonly pid: number
}

/** How often an instance says that it is there, and after what silence it is gone. */
export const BEAT_MS = 10_000
const GONE_MS = 60_000

/** Says that this instance is there. */
export async function beat(database: Database, { id, host, pid }: Instance): Promise<void> {
  const { nowMs } = database
  await database.run(
    `INSERT INTO instances (id, host, pid, started_at, seen_at) VALUES (?, ?, ?, ${nowMs}, ${nowMs})
      ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
    [id, host, pid],
  )
}

/** Says that this instance is no more: what it left open is interrupted. */
export async function leave(database: Database, { id }: Instance): Promise<void> {
  await database.transaction(async queries => {
    await queries.run('DELETE FROM instances WHERE id = ?', [id])
    await interrupt(queries, database.nowMs)
  })
}

/** Marks as interrupted what instances have left open that are gone; those that are there are left alone. */
export async function sweepLeftovers(database: Database, own: Instance): Promise<void> {
  const others = await database.all(
    `SELECT id, host, pid, ${database.nowMs} - seen_at AS silence_ms FROM instances WHERE id <> ?`,
    [own.id],
  )
  const gone = others.filter(other => isGone(other, own))
  await database.transaction(async queries => {
    for (const { id } of gone) await queries.run('DELETE FROM instances WHERE id = ?', [id as string])
    await interrupt(queries, database.nowMs)
  })
}

async function interrupt(queries: Queries, nowMs: string): Promise<void> {
  await queries.run(
    `UPDATE exchanges SET state = 'interrupted', ended_at = ${nowMs}
      WHERE state = 'open' AND instance NOT IN (SELECT id FROM instances)`,
  )
}

function isGone({ host, pid, silence_ms }: Row, own: Instance): boolean {
  if (Number(silence_ms) > GONE_MS) return true
  return host === own.host && pid !== own.pid && !isRunning(Number(pid))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * The name of this machine, and on Linux what tells its starts and its containers apart: the numbers of
 * processes mean something only among those who see the same ones.
 */
export function hostOf(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    const [space = ''] = /\d+/.exec(readlinkSync('/proc/self/ns/pid')) ?? []
    return `${hostname()} ${boot} ${space}`
  } catch {
    return hostname()
  }
}
