/** What both stores can do. They speak nearly one SQL: the differences stand here and in the two files of the stores. */

/** What a column holds. */
export type Value = string | number | null

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, Value>>

/** Rows to be put into a table. */
export interface Insert {
  readonly table: string
  readonly columns: readonly string[]
  /** The columns that tell rows apart. */
  readonly key: readonly string[]
  /** The columns that a row which is there already takes over from the new one; none: it stays as it is. */
  readonly update: readonly string[]
}

/** Statements, `?` standing for a value. */
export interface Queries {
  all(sql: string, values?: readonly Value[]): Promise<readonly Row[]>
  run(sql: string, values?: readonly Value[]): Promise<void>
  /** Puts rows in; no two of them may have one key. */
  insert(insert: Insert, rows: readonly (readonly Value[])[]): Promise<void>
}

/** One connection, or a few. Only one transaction at a time is asked of it. */
export interface Database extends Queries {
  /** SQL of the time, in milliseconds since the epoch, by the one clock that all who share the store have. */
  readonly nowMs: string
  /** All of it or nothing. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** A transaction that nobody else changes the schema beside. */
  migration<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Whether what was opened is no more where it was: somebody has deleted or replaced the file. */
  isMoved(): boolean
  /** Bytes that rows and indices fill, about; what is free again is not among them. */
  usedBytes(): Promise<number>
  /** Gives room that deleted rows had back, a little at a time; false when there is none to give. */
  giveBack(): Promise<boolean>
  /** Whether one of the rows is at fault, so that without it the others can be written. */
  isFaultOfRow(error: unknown): boolean
  close(): Promise<void>
}

/** The statement for {@link Insert}, behind what gives the rows: `VALUES …` or `SELECT …`. */
export function insertSql({ table, columns, key, update }: Insert, source: string): string {
  const sets = update.map(column => `${column} = excluded.${column}`).join(', ')
  const action = update.length === 0 ? 'NOTHING' : `UPDATE SET ${sets}`
  return `INSERT INTO ${table} (${columns.join(', ')}) ${source} ON CONFLICT (${key.join(', ')}) DO ${action}`
}
