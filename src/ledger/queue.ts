import type { StreamReport } from '../observe/index.ts'
import { Roster } from '../roster.ts'
import { type OpenRow, openLine, reportLine } from './rows.ts'

/** Rows that are written together, as lines of JSON. */
export interface Batch {
  /** One {@link OpenRow} a line; empty when there is none. */
  readonly opened: string
  /** One report a line; empty when there is none. */
  readonly settled: string
  /** How many reports there are. */
  readonly reports: number
  /** Rows of both kinds. */
  readonly rows: number
}

/** So old is an open row when it is written: most short exchanges have ended by then, and it costs them nothing. */
const OPEN_AFTER_MS = 50

/**
 * Rows that wait for the thread that writes them.
 *
 * In which order open rows and reports are written does not matter: a report makes a whole row, whether an
 * open one was there or not, and an open row never takes the place of a whole one. So an open row whose
 * report comes while it still waits is not written at all, and when there is no room open rows go first.
 */
export class RowQueue {
  readonly #maxRows: number
  readonly #opened = new Roster<OpenRow>()
  #settled: StreamReport[] = []
  /** Where the reports begin that wait: those before are taken. */
  #first = 0
  #droppedOpen = 0
  #dropped = 0

  constructor(maxRows: number) {
    this.#maxRows = maxRows
  }

  /** Rows that wait. */
  get size(): number {
    return this.#opened.size + this.reports
  }

  /** Reports that wait. */
  get reports(): number {
    return this.#settled.length - this.#first
  }

  /** Exchanges whose report found no room: they have no row, or one that stays open. */
  get dropped(): number {
    return this.#dropped
  }

  /** Open rows that found no room; the report makes a whole row all the same. */
  get droppedOpen(): number {
    return this.#droppedOpen
  }

  open(row: OpenRow): void {
    if (this.size < this.#maxRows) this.#opened.add(row)
    else this.#droppedOpen++
  }

  /** @param row the open row of this exchange, where there was one */
  settle(report: StreamReport, row?: OpenRow): void {
    if (row !== undefined) this.#opened.delete(row)
    if (this.size >= this.#maxRows) {
      if (this.#opened.size === 0) {
        this.#dropped++
        return
      }
      this.#opened.take()
      this.#droppedOpen++
    }
    this.#settled.push(report)
  }

  /** Reports are lost that had been taken already. */
  lose(reports: number): void {
    this.#dropped += reports
  }

  /**
   * The next rows to be written, reports first; undefined when there are none.
   * @param isLast open rows are taken however young they are
   */
  take(maxRows: number, isLast = false): Batch | undefined {
    const end = Math.min(this.#settled.length, this.#first + maxRows)
    const settled: string[] = []
    for (let at = this.#first; at < end; at++) settled.push(reportLine(this.#settled[at] as StreamReport))
    this.#first = end
    // Not each time: what is left would be copied again and again.
    if (end * 2 >= this.#settled.length) {
      this.#settled = this.#settled.slice(end)
      this.#first = 0
    }
    const opened: string[] = []
    const before = isLast ? Number.POSITIVE_INFINITY : Date.now() - OPEN_AFTER_MS
    this.#opened.visit(row => {
      if (row.time > before || opened.length + settled.length >= maxRows) return
      this.#opened.delete(row)
      opened.push(openLine(row))
    })
    const rows = opened.length + settled.length
    if (rows === 0) return undefined
    return { opened: opened.join('\n'), settled: settled.join('\n'), reports: settled.length, rows }
  }
}
