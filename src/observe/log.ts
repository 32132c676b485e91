/** Where the engine writes what people should read; a pino logger is one. It puts each record on one line. */
export interface Log {
  info(record: LogRecord, message: string): void
  warn(record: LogRecord, message: string): void
  error(record: LogRecord, message: string): void
}

export type LogRecord = Readonly<Record<string, unknown>>
