import { Worker } from 'node:worker_threads'
import { MillraceError, messageOf } from '../errors.ts'
import type { Duty, ReaderAnswer, ReaderOrder } from './messages.ts'
import type {
  LedgerEntry,
  LedgerRow,
  Question,
  RecentQuestion,
  SeriesPoint,
  SeriesQuestion,
  UsageQuestion,
  UsageRow,
} from './questions.ts'
import { THREAD, THREAD_FLAGS } from './thread.ts'

/** Answers questions about the exchanges that were kept. */
export interface LedgerReader {
  /**
   * Exchanges, the newest first.
   * @throws {MillraceError} as all questions: `not-found` when there is no ledger yet, `upstream` when it cannot
   *   be read now
   */
  recent(question?: RecentQuestion): Promise<readonly LedgerRow[]>
  /** The exchange of this id; else those whose id begins so, at most 10. */
  find(id: string): Promise<readonly LedgerEntry[]>
  /** Sums by model, key, upstream or day. */
  usage(question: UsageQuestion): Promise<readonly UsageRow[]>
  /** Sums and quickness by time, for plots. */
  series(question: SeriesQuestion): Promise<readonly SeriesPoint[]>
  /** Ends the thread; what is still asked rejects. Idempotent. */
  close(): Promise<void>
}

export interface ReaderOptions {
  /** The path of a file of SQLite, or `postgres://…`. */
  readonly url: string
  /** Takes secrets out of what the store says. Default: nothing is taken out. */
  readonly redact?: (text: string) => string
  /** Milliseconds for one answer. Default 30000. */
  readonly limitMs?: number
}

interface Asked {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: MillraceError) => void
  readonly timer: NodeJS.Timeout
}

/**
 * Reads a ledger, in a thread that starts with the first question. It changes nothing and waits for nobody who
 * writes; the gateway that does may be another process.
 */
export function openReader(options: ReaderOptions): LedgerReader {
  return new ThreadReader(options)
}

class ThreadReader implements LedgerReader {
  readonly #url: string
  readonly #redact: (text: string) => string
  readonly #limitMs: number
  readonly #asked = new Map<number, Asked>()
  #number = 0
  #worker: Worker | undefined

  constructor({ url, redact = text => text, limitMs = 30_000 }: ReaderOptions) {
    this.#url = url
    this.#redact = redact
    this.#limitMs = limitMs
  }

  recent(question: RecentQuestion = {}): Promise<readonly LedgerRow[]> {
    return this.#ask({ ...question, kind: 'recent' })
  }

  find(id: string): Promise<readonly LedgerEntry[]> {
    return this.#ask({ kind: 'find', id })
  }

  usage(question: UsageQuestion): Promise<readonly UsageRow[]> {
    return this.#ask({ ...question, kind: 'usage' })
  }

  series(question: SeriesQuestion): Promise<readonly SeriesPoint[]> {
    return this.#ask({ ...question, kind: 'series' })
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#giveUp('it was closed')
    await worker?.terminate()
  }

  #ask<T>(question: Question): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const number = ++this.#number
    const timer = setTimeout(() => this.#refuse(number, `no answer for ${this.#limitMs} ms`), this.#limitMs)
    this.#asked.set(number, { resolve: resolve as Asked['resolve'], reject, timer })
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage({ number, question } satisfies ReaderOrder)
    return promise
  }

  #start(): Worker {
    const duty: Duty = { role: 'reader', url: this.#url }
    const worker = new Worker(THREAD, { workerData: duty, execArgv: THREAD_FLAGS })
    let why = 'its thread ended'
    worker.on('message', (answer: ReaderAnswer) => this.#answer(answer))
    // An error is followed by the exit.
    worker.on('error', error => {
      why = messageOf(error)
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#giveUp(why)
    })
    return worker
  }

  #answer(answer: ReaderAnswer): void {
    if ('message' in answer) {
      this.#refuse(answer.number, answer.message, answer.isMissing)
      return
    }
    this.#take(answer.number)?.resolve(answer.answer)
  }

  #refuse(number: number, why: string, isMissing = false): void {
    const message = `Cannot read the ledger: ${this.#redact(why)}`
    this.#take(number)?.reject(new MillraceError(isMissing ? 'not-found' : 'upstream', message))
  }

  #take(number: number): Asked | undefined {
    const asked = this.#asked.get(number)
    this.#asked.delete(number)
    clearTimeout(asked?.timer)
    // An idle thread keeps no process alive.
    if (this.#asked.size === 0) this.#worker?.unref()
    return asked
  }

  #giveUp(why: string): void {
    this.#worker = undefined
    for (const number of this.#asked.keys()) this.#refuse(number, why)
  }
}
