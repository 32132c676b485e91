import { oneLine } from '../redact.ts'
import type { StreamReport } from './report.ts'

/** Where the engine writes what people should read; a pino logger is one. */
export interface Log {
  info(record: LogRecord, message: string): void
  warn(record: LogRecord, message: string): void
  error(record: LogRecord, message: string): void
}

export type LogRecord = Readonly<Record<string, unknown>>

/** The report for one log line. What others wrote is put on one line; JSON itself escapes the rest. */
export function logRecord(report: StreamReport): LogRecord {
  const { error, model } = report
  const exchange = {
    ...report,
    model: { requested: shown(model.requested), sent: shown(model.sent), reported: shown(model.reported) },
    error: error === null ? null : { ...error, message: oneLine(error.message) },
  }
  return { exchange }
}

function shown(text: string | null): string | null {
  return text === null ? null : oneLine(text)
}
