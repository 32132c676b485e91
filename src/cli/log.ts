import { pino } from 'pino'
import type { Log, LogConfig } from '../gateway/index.ts'

/** Lines are written together: a write for each costs as much CPU as the rest of a short exchange. */
const BATCH_BYTES = 8 * 1024
const FLUSH_MS = 250

/** One JSON line an exchange, on standard error or in a file: standard output is for people. */
export function createLog({ level, file }: LogConfig): Log {
  const batches = { sync: false, minLength: BATCH_BYTES, periodicFlush: FLUSH_MS }
  return pino({ level, base: null }, pino.destination({ dest: file ?? 2, mkdir: true, ...batches }))
}
