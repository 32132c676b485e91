/** Where the engine writes what people should read; a pino logger is one. It puts each record on one line. */
export interface Log {
  /** Something that happened as it should. */
  info(record: LogRecord, message: string): void
  /** Something that somebody may want to mend. */
  warn(record: LogRecord, message: string): void
  /** Something that failed. */
  error(record: LogRecord, message: string): void
}

/** What a line of the log says, as plain data. */
export type LogRecord = Readonly<Record<string, unknown>>
