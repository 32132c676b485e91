import { pino } from 'pino'
import type { Log, LogConfig } from '../gateway/index.ts'
import { oneLine } from '../redact.ts'
import { LogFile } from './log-file.ts'
import { LogQueue } from './log-queue.ts'
import { openForAppending } from './private-files.ts'

const STDERR = 2

export interface ProgramLog extends Log {
  /** Lines that were left out for want of room. */
  droppedLines(): number
  /** Resolves when all is written, or cannot be written now. */
  close(): Promise<void>
}

/**
 * One JSON line an exchange, on standard error or in a file: standard output is for people. What others
 * wrote, model names above all, cannot steer a terminal: JSON escapes most controls, `oneLine` the rest.
 * @throws when the file cannot be opened
 */
export function createLog({ level, file }: LogConfig): ProgramLog {
  const destination = new LogFile(file === undefined ? STDERR : openForAppending(file), {
    // A full disk must not stop the streams. About standard error itself there is nobody left to tell.
    onError({ message }) {
      if (file !== undefined) process.stderr.write(`millrace: Cannot write the log: ${message}\n`)
    },
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
  process.on('exit', () => {
    queue.flush()
    destination.writeLast()
  })
  return Object.assign(queue, {
    droppedLines: () => destination.droppedLines,
    close() {
      queue.flush()
      return destination.drain()
    },
  })
}
