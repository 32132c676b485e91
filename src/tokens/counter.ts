import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

export interface TokenCount {
  readonly tokens: number
  /** `tokenizer`: counted. `length`: a fourth of its characters, where counting was not possible. */
  readonly by: 'tokenizer' | 'length'
}

/** Counts the tokens of texts, one way or another. */
export interface TextCounter {
  /** Never rejects. */
  count(text: string): Promise<TokenCount>
}

export interface TokenCounterOptions {
  /** Texts that wait or are being counted; one more is judged by its length. Default 256. */
  readonly maxTexts?: number
  /** Characters of one text, in UTF-16 units; a longer one is judged by its length. Default 4 Mi. */
  readonly maxCharacters?: number
  /** Milliseconds for one text, the start of the worker included; then it is judged by its length. Default 10000. */
  readonly limitMs?: number
  /** The program of the worker. Default: the tokenizer. */
  readonly worker?: URL
}

interface Job {
  readonly text: string
  readonly settle: (count: TokenCount) => void
}

const CHARACTERS_PER_TOKEN = 4

const WORKER = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)

/**
 * Counts the tokens of texts in a thread of its own, one text after the other.
 *
 * The thread starts with the first text, and anew when it has died. Whatever happens to it, every text gets
 * a count: what the thread does not count in time is judged by its length.
 */
export class TokenCounter implements TextCounter {
  readonly #options: Required<TokenCounterOptions>
  readonly #waiting: Job[] = []
  #worker: Worker | undefined
  #job: Job | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor({
    maxTexts = 256,
    maxCharacters = 4 * 1024 * 1024,
    limitMs = 10_000,
    worker = WORKER,
  }: TokenCounterOptions = {}) {
    this.#options = { maxTexts, maxCharacters, limitMs, worker }
  }

  /** Never rejects. */
  count(text: string): Promise<TokenCount> {
    const { maxTexts, maxCharacters } = this.#options
    const texts = this.#waiting.length + (this.#job === undefined ? 0 : 1)
    if (this.#isClosed || text.length > maxCharacters || texts >= maxTexts) return Promise.resolve(byLength(text))
    const { promise, resolve } = Promise.withResolvers<TokenCount>()
    this.#waiting.push({ text, settle: resolve })
    this.#next()
    return promise
  }

  /** Judges what is not counted yet by its length, and ends the thread. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { text, settle } of this.#waiting.splice(0)) settle(byLength(text))
    await this.#giveUp()
  }

  #next(): void {
    if (this.#job !== undefined) return
    const job = this.#waiting.shift()
    if (job === undefined) return
    this.#job = job
    this.#timer = setTimeout(() => this.#giveUp(), this.#options.limitMs)
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage(job.text)
  }

  #start(): Worker {
    const worker = new Worker(this.#options.worker)
    worker.on('message', (tokens: number) => this.#settle({ tokens, by: 'tokenizer' }))
    // An error is followed by the exit.
    worker.on('error', () => {})
    worker.on('exit', () => {
      // Not when another one has taken its place already.
      if (this.#worker === worker) this.#giveUp()
    })
    return worker
  }

  #settle(count: TokenCount): void {
    clearTimeout(this.#timer)
    // An idle thread keeps no process alive.
    this.#worker?.unref()
    this.#job?.settle(count)
    this.#job = undefined
    this.#next()
  }

  /** The text that is being counted is not worth more time, or the thread is dead: it ends. */
  async #giveUp(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    if (this.#job !== undefined) this.#settle(byLength(this.#job.text))
    await worker?.terminate()
  }
}

/** What a text comes to by its length. */
export function byLength({ length }: string): TokenCount {
  return { tokens: Math.ceil(length / CHARACTERS_PER_TOKEN), by: 'length' }
}
