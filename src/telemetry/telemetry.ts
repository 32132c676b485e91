import { randomUUID } from 'node:crypto'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'
import type { Log } from '../observe/index.ts'
import { VERSION } from '../version.ts'
import { ExchangeTrace, type TracedRequest } from './exchange-trace.ts'
import type { FromThread, ThreadSetup, ThreadState, ToThread } from './messages.ts'
import type { QueueState } from './metrics.ts'
import type { ToldExchange } from './told.ts'
import { beginTrace, readTraceContext } from './trace-context.ts'

/** Where traces and metrics go, and what of them. */
export interface TelemetryOptions {
  /** The collector's base URL, as in `http://127.0.0.1:4318`: `/v1/traces` and `/v1/metrics` are added. */
  readonly otlp: string
  /** Headers for the collector, by name. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** The name of the service. Default `millrace`. */
  readonly service?: string
  /** Part of the traces that are told which nobody has decided about before us, 0 to 1. Default 1. */
  readonly sampleRatio?: number
  /** Whether prompts and answers are told. Default false. */
  readonly content?: boolean
  /** Taken out of them. Default: what looks like a vendor's key. */
  readonly secrets?: readonly string[]
  /** Names of models that metrics tell apart. Default 100. */
  readonly models?: number
  /** Exchanges that wait for the thread, and spans that wait for the collector, at most. Default 2048. */
  readonly maxWaiting?: number
  /** Milliseconds between two messages with spans. Default 1000. */
  readonly spansEveryMs?: number
  /** Milliseconds between two messages with metrics. Default 60000. */
  readonly metricsEveryMs?: number
  /** Milliseconds for one message to the collector, its repetitions included. Default 10000. */
  readonly timeoutMs?: number
  /** Milliseconds for what waits when it is closed. Default 3000. */
  readonly closeMs?: number
  /** The program of the thread. Default: the SDK with its exporters. */
  readonly worker?: URL
  /** Told when the collector does not take what it is sent: once a minute. */
  readonly log: Log
}

/** Exchanges that go to the thread together. */
const BATCH = 32
const MAX_BATCH_MS = 100
const RESTART_MS = 10_000
const WARN_EVERY_MS = 60_000
/** Characters of contents that wait for the thread at most; exchanges beyond them are told without. */
const MAX_CONTENT = 16 * 1024 * 1024

const WORKER = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)

/**
 * Tells a collector of OpenTelemetry what exchanges do.
 *
 * Here ids are made and headers written, and every tenth of a second a text of JSON is handed to a thread, which
 * has the SDK: 7 to 11 µs an exchange. Whatever happens to thread and collector, streams do not notice: what cannot be
 * told is counted and gone.
 */
export class Telemetry {
  readonly #options: TelemetryOptions
  readonly #setup: ThreadSetup
  readonly #maxWaiting: number
  #worker: Worker | undefined
  #startedAt = Number.NEGATIVE_INFINITY
  #waiting: ToldExchange[] = []
  #timer: NodeJS.Timeout | undefined
  /** Given to the thread, and not taken by it yet. */
  #given = 0
  /** Not told to the thread, or lost with it. */
  #lost = 0
  #thread: ThreadState = { waiting: 0, dropped: 0 }
  #warnedAt = Number.NEGATIVE_INFINITY
  #isClosed = false
  #onClosed = () => {}

  constructor(options: TelemetryOptions) {
    const { otlp, headers = {}, service = 'millrace', secrets = [], models = 100, maxWaiting = 2048 } = options
    const { spansEveryMs = 1000, metricsEveryMs = 60_000, timeoutMs = 10_000 } = options
    const base = otlp.replace(/\/+$/, '')
    this.#options = options
    this.#maxWaiting = maxWaiting
    this.#setup = {
      tracesUrl: `${base}/v1/traces`,
      metricsUrl: `${base}/v1/metrics`,
      headers,
      resource: { 'service.name': service, 'service.version': VERSION, 'service.instance.id': randomUUID() },
      ...{ models, secrets, maxSpans: maxWaiting, spansEveryMs, metricsEveryMs, timeoutMs },
    }
    this.#start()
  }

  /** An exchange begins: its span is a child of the one that the request names, or the first of a trace. */
  begin(headers: RawHeaders, request: TracedRequest): ExchangeTrace {
    const { sampleRatio = 1, content = false } = this.#options
    const context = readTraceContext(headers) ?? beginTrace(sampleRatio)
    return new ExchangeTrace(request, context, { content, tell: this.#tell })
  }

  /** What waits for the collector, and what is lost: exchanges or spans. */
  get state(): Required<QueueState> {
    const waiting = this.#waiting.length + this.#given + this.#thread.waiting
    return { waiting, dropped: this.#lost + this.#thread.dropped }
  }

  /** Sends what waits, within `closeMs`, and ends the thread. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#flush()
    this.#isClosed = true
    const worker = this.#worker
    if (worker === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onClosed = resolve
    const timer = setTimeout(resolve, this.#options.closeMs ?? 3000)
    this.#post(worker, { type: 'close' })
    await promise
    clearTimeout(timer)
    await worker.terminate()
  }

  readonly #tell = (told: ToldExchange): void => {
    if (this.#isClosed || this.#waiting.length + this.#given >= this.#maxWaiting) {
      this.#lost++
      return
    }
    this.#waiting.push(told)
    if (this.#waiting.length >= BATCH) this.#flush()
    else this.#timer ??= setTimeout(this.#flush, MAX_BATCH_MS).unref()
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#waiting
    this.#waiting = []
    if (batch.length === 0) return
    this.#worker ?? this.#start()
    if (this.#worker === undefined) {
      this.#lost += batch.length
      return
    }
    this.#given += batch.length
    this.#post(this.#worker, { type: 'exchanges', batch: jsonOf(batch), count: batch.length })
  }

  #post(worker: Worker, message: ToThread): void {
    worker.postMessage(message)
  }

  /** Not again and again: a thread that dies at once would take all our time. */
  #start(): void {
    const now = performance.now()
    if (this.#isClosed || now - this.#startedAt < RESTART_MS) return
    this.#startedAt = now
    // Without the environment: what it says of OpenTelemetry is not our configuration.
    const worker = new Worker(this.#options.worker ?? WORKER, { workerData: this.#setup, env: {}, stderr: false })
    worker.unref()
    worker.on('message', (message: FromThread) => this.#hear(message))
    worker.on('error', error => this.#warn(`the thread has died: ${messageOf(error)}`))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      this.#lost += this.#given + this.#thread.waiting + this.#thread.dropped
      this.#given = 0
      this.#thread = { waiting: 0, dropped: 0 }
      this.#onClosed()
    })
    this.#worker = worker
  }

  #hear(message: FromThread): void {
    switch (message.type) {
      case 'taken':
        this.#given -= message.count
        this.#thread = message.state
        return
      case 'sent':
        this.#thread = message.state
        if (message.failed !== null) this.#warn(message.failed)
        return
      case 'closed':
        this.#thread = message.state
        this.#onClosed()
        return
      default:
        message satisfies never
    }
  }

  #warn(message: string): void {
    const now = performance.now()
    if (now - this.#warnedAt < WARN_EVERY_MS) return
    this.#warnedAt = now
    const { dropped } = this.state
    this.#options.log.warn({ otlp: { dropped, message } }, 'collector did not take telemetry')
  }
}

/** Contents that are too much for one message are left out. */
function jsonOf(batch: readonly ToldExchange[]): string {
  if (batch.every(({ content }) => content === undefined)) return JSON.stringify(batch)
  let length = 0
  const texts = batch.map(told => {
    const text = JSON.stringify(told)
    const fits = length + text.length <= MAX_CONTENT
    const kept = fits ? text : JSON.stringify({ ...told, content: undefined })
    length += kept.length
    return kept
  })
  return `[${texts.join()}]`
}
