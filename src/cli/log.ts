import { mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'
import type { Log, LogConfig } from '../gateway/index.ts'
import { oneLine } from '../redact.ts'
import { LogQueue } from './log-queue.ts'

/** What waits for a disk that takes nothing; more is dropped. */
const MAX_WAITING_BYTES = 1024 * 1024
const STDERR = 2

/**
 * One JSON line an exchange, on standard error or in a file: standard output is for people. What others
 * wrote, model names above all, cannot steer a terminal: JSON escapes most controls, `oneLine` the rest.
 * @throws when the file cannot be opened
 */
export function createLog({ level, file }: LogConfig): Log {
  const destination = pino.destination({
    dest: file === undefined ? STDERR : open(file),
    sync: false,
    maxLength: MAX_WAITING_BYTES,
  })
  let isTold = false
  // A full disk must not stop the streams. About standard error itself there is nobody left to tell.
  destination.on('error', (error: Error) => {
    if (file !== undefined && !isTold) process.stderr.write(`millrace: Cannot write the log: ${error.message}\n`)
    isTold = true
  })

  let lines = ''
  let wallMs = 0
  const write = (line: string) => {
    lines += `${oneLine(line.slice(0, -1))}\n`
  }
  // When the record came, not when its line is written.
  const timestamp = () => `,"time":${wallMs}`
  const logger = pino({ level, base: null, timestamp }, { write })

  const queue = new LogQueue(entries => {
    for (const entry of entries) {
      wallMs = entry.wallMs
      logger[entry.level](entry.record, entry.message)
    }
    if (lines !== '') destination.write(lines)
    lines = ''
  })
  // Before the destination, which then writes what it was given to the end.
  process.prependListener('exit', queue.flush)
  return queue
}

/** At once, so that a gateway that could not keep its log does not start. */
function open(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  return openSync(file, 'a')
}
