import { collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client'
import type { HookCounts, StreamReport } from '../observe/index.ts'
import type { Redactor } from '../redact.ts'
import { VERSION } from '../version.ts'
import { ExchangeCounts } from './exchange-counts.ts'
import { CounterFamily, type Family } from './families.ts'
import { KnownNames } from './known-names.ts'

/** How `Metrics` are made. */
export interface MetricsOptions {
  /** Names of models that are told apart; all others are `other`. Default 100. */
  readonly models?: number
  /** Takes secrets out of names. Default: one that knows shapes only. */
  readonly redactor?: Redactor
  /** Whether the process is measured too: CPU, memory, event loop, garbage collection. Default false. */
  readonly process?: boolean
}

/** How many wait in a queue, and how many found no place in it since the start. */
export interface QueueState {
  /** Absent where nobody can tell. */
  readonly waiting?: number
  /** Since the start. */
  readonly dropped: number
}

/** What is open in a gateway at a moment. */
export interface OpenCounts {
  /** Exchanges that have not ended. */
  readonly streams: number
  /** Connections of clients. */
  readonly connections: number
}

/** What is known of a metric before it is scraped. */
export interface MetricFacts {
  /** As it is scraped; of a histogram the part that its series have in common. */
  readonly name: string
  /** What the format calls it. */
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  /** What it counts or measures. */
  readonly help: string
  /** In what its series differ. */
  readonly labelNames: readonly string[]
}

/** One measurement in 20 ms: 0.2 % of a core. */
const LOOP_PRECISION_MS = 20

/** The metrics of one gateway, in a registry of their own. */
export class Metrics {
  /** What `scrape` writes. */
  readonly contentType: string
  readonly #registry = new Registry()
  readonly #counts: ExchangeCounts
  #open: () => OpenCounts = () => ({ streams: 0, connections: 0 })
  readonly #queues = new Map<string, () => QueueState>()
  #hooks: (() => HookCounts) | undefined

  constructor({ models = 100, redactor, process = false }: MetricsOptions = {}) {
    this.contentType = this.#registry.contentType
    this.#counts = new ExchangeCounts(new KnownNames(models, redactor))
    for (const family of this.#counts.families) this.#register(family)
    this.#registerGauges()
    this.#registerQueues()
    if (process) collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS })
  }

  /** Counts an exchange that has ended. */
  note(report: StreamReport): void {
    this.#counts.note(report)
  }

  /** Who is asked at a scrape what is open. */
  watchOpen(open: () => OpenCounts): void {
    this.#open = open
  }

  /** Who is asked at a scrape how a queue is. */
  watchQueue(name: string, state: () => QueueState): void {
    this.#queues.set(name, state)
  }

  /** Who is asked at a scrape what went wrong with hooks. */
  watchHooks(counts: () => HookCounts): void {
    this.#hooks = counts
    this.watchQueue('hooks', () => ({ dropped: counts().dropped }))
  }

  /** All of them in the text format of Prometheus, as they are now. */
  scrape(): Promise<string> {
    return this.#registry.metrics()
  }

  /** What there is to scrape, in its order. */
  get catalogue(): readonly MetricFacts[] {
    const metrics = this.#registry.getMetricsAsArray() as unknown as readonly MetricFacts[]
    return metrics.map(({ name, type, help, labelNames }) => ({ name, type, help, labelNames }))
  }

  #registerGauges(): void {
    const registers = [this.#registry]
    const info = new Gauge({
      name: 'millrace_info',
      help: 'The version that runs.',
      labelNames: ['version'],
      registers,
    })
    info.set({ version: VERSION }, 1)
    const open = () => this.#open()
    new Gauge({
      name: 'millrace_open_streams',
      help: 'Exchanges that are open.',
      registers,
      collect() {
        this.set(open().streams)
      },
    })
    new Gauge({
      name: 'millrace_open_connections',
      help: 'Connections of clients that are open.',
      registers,
      collect() {
        this.set(open().connections)
      },
    })
  }

  #registerQueues(): void {
    const queues = this.#queues
    new Gauge({
      name: 'millrace_queue_waiting',
      help: 'What waits to be written, sent or told.',
      labelNames: ['queue'],
      registers: [this.#registry],
      collect() {
        for (const [queue, state] of queues) {
          const { waiting } = state()
          if (waiting !== undefined) this.set({ queue }, waiting)
        }
      },
    })
    const dropped = new CounterFamily({
      name: 'millrace_queue_dropped_total',
      help: 'What found no place in a queue, or was lost in it.',
      labelNames: ['queue'],
    })
    this.#register(dropped, () => {
      for (const [queue, state] of queues) dropped.at({ queue }).value = state().dropped
    })
    const failed = new CounterFamily({
      name: 'millrace_hook_errors_total',
      help: 'Calls of hooks that threw, rejected or took too long.',
      labelNames: [],
    })
    this.#register(failed, () => {
      if (this.#hooks !== undefined) failed.at({}).value = this.#hooks().errors
    })
  }

  /** The registry asks of a metric no more than its name, and `get` when it is scraped. */
  #register(family: Family, collect = () => {}): void {
    const metric = {
      ...family.shape,
      type: family.type,
      get() {
        collect()
        return family.get()
      },
    }
    this.#registry.registerMetric(metric as unknown as Metric)
  }
}
