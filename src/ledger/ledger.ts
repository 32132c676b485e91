import { randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import type { Log, StreamReport } from '../observe/index.ts'
import { oneLine, Redactor } from '../redact.ts'
import { hostOf } from './instances.ts'
import type { Duty, WriterAnswer, WriterOrder } from './messages.ts'
import { isPostgres } from './place.ts'
import { type Batch, RowQueue } from './queue.ts'
import { type LedgerReader, openReader } from './reader.ts'
import type { OpenRow } from './rows.ts'
import { secretsOfUrl } from './secrets.ts'
import { THREAD, THREAD_FLAGS } from './thread.ts'

/** Keeps a row of every exchange. */
export interface Ledger {
  /** An exchange begins. Nothing is waited for. */
  opened(row: OpenRow): void
  /**
   * An exchange has ended. Nothing is waited for.
   * @param row what was opened for it, where something was
   */
  settled(report: StreamReport, row?: OpenRow): void
  /** How it stands. */
  readonly state: LedgerState
  /** Answers questions about what was kept. */
  readonly reader: LedgerReader
  /** Writes what waits, within `closeMs`, and ends the threads. Idempotent. */
  close(): Promise<void>
}

/** How the ledger stands. Plain data, without secrets. */
export interface LedgerState {
  /** `degraded`: it cannot be written at the moment; rows wait. */
  readonly status: 'ok' | 'degraded'
  /** Where rows are kept. */
  readonly store: 'sqlite' | 'postgres'
  /** Rows that are not written yet. */
  readonly waiting: number
  /** Exchanges whose report is lost, since the start: they have no row, or one that was left open. */
  readonly dropped: number
  /** Open rows that were left out for want of room; their exchanges get whole rows all the same. */
  readonly droppedOpen: number
  /** What the store said when it last failed; null when it has not since it was last written. */
  readonly error: string | null
}

export interface LedgerOptions {
  /** The path of a file of SQLite, or `postgres://…`. */
  readonly url: string
  /** Milliseconds that an exchange is kept. Default 90 days. */
  readonly maxAgeMs?: number
  /** Bytes that are kept, the oldest exchanges going first. Default 1 GiB. */
  readonly maxBytes?: number
  /** Rows that wait at most. Default 10000. */
  readonly queueRows?: number
  /** Milliseconds that `close` may take. Default 2000. */
  readonly closeMs?: number
  /** Is told when the store fails and when it works again. */
  readonly log: Log
  /** The program of the thread that writes. Default: ours. */
  readonly worker?: URL
}

const DAY_MS = 86_400_000
const GiB = 1024 ** 3

/** Rows are written so many at a time, or when the first has waited so long. */
const BATCH_ROWS = 100
const BATCH_MS = 50
/** A batch that failed is tried again, and a thread that died is started again, ever later. */
const RETRY_MS = 100
const MAX_RETRY_MS = 5000
const RESTART_MS = 1000
/** A thread that says nothing for so long has a store that does not work. */
const SILENT_MS = 5000

/**
 * Opens a ledger. It may come to stand later, or never: rows wait in a queue, and what does not fit is counted.
 * No exchange waits for it.
 */
export function openLedger(options: LedgerOptions): Ledger {
  return new ThreadLedger(options)
}

class ThreadLedger implements Ledger {
  readonly #options: LedgerOptions
  readonly #duty: Duty
  readonly #redact: (text: string) => string
  readonly #queue: RowQueue
  readonly reader: LedgerReader
  #worker: Worker | undefined
  /** What is being written, or waits to be tried again. */
  #batch: Batch | undefined
  /** When the batch was handed to the thread; undefined while it has none. */
  #sentAt: number | undefined
  #retryMs = RETRY_MS
  #error: string | null = null
  #flush: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  constructor(options: LedgerOptions) {
    const { url, maxAgeMs = 90 * DAY_MS, maxBytes = GiB, queueRows = 10_000 } = options
    const redactor = new Redactor(secretsOfUrl(url))
    this.#options = options
    this.#redact = text => oneLine(redactor.text(text))
    this.#queue = new RowQueue(queueRows)
    this.reader = openReader({ url, redact: this.#redact })
    const instance = { id: randomUUID(), host: hostOf(), pid: process.pid }
    this.#duty = { role: 'writer', url, instance, maxAgeMs, maxBytes }
    this.#start()
  }

  opened(row: OpenRow): void {
    this.#queue.open(row)
    this.#arm()
  }

  settled(report: StreamReport, row?: OpenRow): void {
    this.#queue.settle(report, row)
    this.#arm()
  }

  get state(): LedgerState {
    const silentMs = this.#sentAt === undefined ? 0 : performance.now() - this.#sentAt
    const error = this.#error ?? (silentMs > SILENT_MS ? `no answer for ${Math.round(silentMs)} ms` : null)
    return {
      status: error === null ? 'ok' : 'degraded',
      store: isPostgres(this.#options.url) ? 'postgres' : 'sqlite',
      waiting: this.#queue.size + (this.#batch?.rows ?? 0),
      dropped: this.#queue.dropped,
      droppedOpen: this.#queue.droppedOpen,
      error,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Soon, so that many rows are written together; at once when there are many reports. */
  #arm(): void {
    if (this.#queue.reports >= BATCH_ROWS) this.#next()
    else this.#flush ??= setTimeout(this.#onFlush, BATCH_MS).unref()
  }

  readonly #onFlush = (): void => {
    this.#flush = undefined
    this.#next()
  }

  /** Hands the next batch to the thread, when it has none. */
  #next(): void {
    if (this.#sentAt !== undefined || this.#retry !== undefined) return
    this.#batch ??= this.#queue.take(BATCH_ROWS, this.#closing !== undefined)
    if (this.#batch === undefined) {
      // Open rows that are too young.
      if (this.#queue.size > 0) this.#arm()
      else this.#onIdle?.()
    }
    if (this.#batch === undefined || this.#worker === undefined) return
    const { opened, settled } = this.#batch
    this.#sentAt = performance.now()
    this.#worker.postMessage({ kind: 'write', opened, settled } satisfies WriterOrder)
  }

  #start(): void {
    const worker = new Worker(this.#options.worker ?? THREAD, { workerData: this.#duty, execArgv: THREAD_FLAGS })
    const startedAt = performance.now()
    let why = 'its thread ended'
    // It keeps no process alive.
    worker.unref()
    worker.on('message', (answer: WriterAnswer) => this.#hear(answer))
    worker.on('error', error => {
      why = messageOf(error)
    })
    worker.on('exit', () => {
      this.#worker = undefined
      this.#sentAt = undefined
      if (this.#closing !== undefined) return
      this.#fail(why)
      setTimeout(() => this.#restart(), Math.max(0, startedAt + RESTART_MS - performance.now())).unref()
    })
    this.#worker = worker
  }

  #restart(): void {
    if (this.#closing !== undefined) return
    this.#start()
    this.#next()
  }

  #hear(answer: WriterAnswer): void {
    switch (answer.kind) {
      case 'open':
        // What failed may fail again.
        if (this.#batch === undefined) this.#recover()
        return
      case 'written':
        this.#goOn(answer.refused)
        return
      case 'failed':
        this.#fail(answer.message)
        if (answer.isOfBatch) this.#tryLater()
        return
      default:
        answer satisfies never
    }
  }

  /** The batch is written, but for so many that were refused. */
  #goOn(refused: number): void {
    const isFull = this.#batch?.rows === BATCH_ROWS
    this.#queue.lose(refused)
    this.#batch = undefined
    this.#sentAt = undefined
    this.#recover()
    if (isFull || this.#onIdle !== undefined) this.#next()
    else if (this.#queue.size > 0) this.#arm()
  }

  #tryLater(): void {
    this.#sentAt = undefined
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#next()
    }, this.#retryMs).unref()
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS)
  }

  #fail(message: string): void {
    const isNew = this.#error === null
    this.#error = this.#redact(message)
    if (isNew) this.#options.log.warn({ ledger: this.state }, 'ledger cannot be written, rows wait')
  }

  #recover(): void {
    this.#retryMs = RETRY_MS
    if (this.#error === null) return
    this.#error = null
    this.#options.log.info({ ledger: this.state }, 'ledger is written again')
  }

  async #close(): Promise<void> {
    const { closeMs = 2000, log } = this.#options
    const bound = Promise.withResolvers<void>()
    const timer = setTimeout(bound.resolve, closeMs)
    // Before the one that writes: who closes a file of SQLite last tidies it up.
    await this.reader.close()
    await Promise.race([this.#drain(), bound.promise])
    await Promise.race([this.#dismiss(), bound.promise])
    clearTimeout(timer)
    clearTimeout(this.#flush)
    clearTimeout(this.#retry)
    await this.#worker?.terminate()
    const { waiting } = this.state
    if (waiting > 0) log.warn({ ledger: this.state }, 'ledger was closed before all rows were written')
  }

  /** Resolves when nothing waits. */
  async #drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onIdle = resolve
    this.#next()
    await promise
  }

  /** The thread says that this instance is gone, and ends. */
  async #dismiss(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    worker.once('exit', () => resolve())
    worker.postMessage({ kind: 'close' } satisfies WriterOrder)
    await promise
  }
}
