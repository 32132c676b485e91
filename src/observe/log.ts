import { oneLine } from '../redact.ts'
import type { StreamReport } from './report.ts'

/** Where the engine writes what people should read; a pino logger is one. */
export interface Log {
  info(record: LogRecord, message: string): void
  warn(record: LogRecord, message: string): void
  error(record: LogRecord, message: string): void
}

export type LogRecord = Readonly<Record<string, unknown>>

/** The report for one log line: flat, nulls left out, texts on one line. */
export function logRecord(report: StreamReport): LogRecord {
  const { client, upstream, model, finish, error, usage, times } = report
  const record: LogRecord = {
    id: report.id,
    time: report.time,
    key: report.key,
    clientDialect: client.dialect,
    upstream: upstream.name,
    upstreamDialect: upstream.dialect,
    lane: report.lane,
    shape: report.shape,
    edits: report.edits.length === 0 ? null : report.edits.join(','),
    modelRequested: model.requested,
    modelSent: model.sent,
    modelReported: model.reported,
    status: report.status,
    outcome: report.outcome,
    finishReason: finish?.reason ?? null,
    finishRaw: finish?.raw ?? null,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    inputTokens: usage.input,
    cacheReadTokens: usage.cacheRead,
    cacheWriteTokens: usage.cacheWrite,
    cacheWrite1hTokens: usage.cacheWrite1h,
    outputTokens: usage.output,
    reasoningTokens: usage.reasoning,
    usageProvenance: usage.provenance,
    ...times,
    bytesIn: report.bytesIn,
    bytesOut: report.bytesOut,
    events: report.events,
    attempts: report.attempts,
  }
  const known = Object.entries(record).filter(([, value]) => value !== null)
  return Object.fromEntries(known.map(([name, value]) => [name, typeof value === 'string' ? oneLine(value) : value]))
}
