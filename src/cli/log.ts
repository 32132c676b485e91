import { pino } from 'pino'
import type { Log, LogConfig } from '../gateway/index.ts'
import { oneLine } from '../redact.ts'

/** Lines are written together: a write for each costs as much CPU as the rest of a short exchange. */
const BATCH_BYTES = 8 * 1024
const FLUSH_MS = 250

/**
 * One JSON line an exchange, on standard error or in a file: standard output is for people. What others
 * wrote, model names above all, cannot steer a terminal: JSON escapes most controls, `oneLine` the rest.
 */
export function createLog({ level, file }: LogConfig): Log {
  const destination = pino.destination({
    dest: file ?? 2,
    mkdir: true,
    sync: false,
    minLength: BATCH_BYTES,
    periodicFlush: FLUSH_MS,
  })
  const streamWrite = (line: string): string => `${oneLine(line.slice(0, -1))}\n`
  return pino({ level, base: null, hooks: { streamWrite } }, destination)
}
