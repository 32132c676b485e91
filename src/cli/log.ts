import { pino } from 'pino'
import type { Log, LogConfig } from '../gateway/index.ts'

/** One JSON line an exchange, on standard error or in a file: standard output is for people. */
export function createLog({ level, file }: LogConfig): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: file ?? 2, mkdir: true, sync: false }))
}
