/** What the thread is started with. */
export interface ThreadSetup {
  /** Base URLs with their paths: one for spans, one for metrics. */
  readonly tracesUrl: string
  readonly metricsUrl: string
  readonly headers: Readonly<Record<string, string>>
  /** Attributes of the program that everything is said of. */
  readonly resource: Readonly<Record<string, string>>
  readonly models: number
  /** Taken out of contents. */
  readonly secrets: readonly string[]
  readonly maxSpans: number
  readonly spansEveryMs: number
  readonly metricsEveryMs: number
  /** For one message to the collector, its repetitions included. */
  readonly timeoutMs: number
}

/** To the thread. */
export type ToThread =
  /** `batch`: the JSON of several `ToldExchange`. */
  { readonly type: 'exchanges'; readonly batch: string; readonly count: number } | { readonly type: 'close' }

/** From the thread. */
export type FromThread =
  | { readonly type: 'taken'; readonly count: number; readonly state: ThreadState }
  /** `failed`: what the collector said when it did not take the spans; null: it took them. */
  | { readonly type: 'sent'; readonly failed: string | null; readonly state: ThreadState }
  | { readonly type: 'closed'; readonly state: ThreadState }

export interface ThreadState {
  /** Spans that wait for the collector. */
  readonly waiting: number
  /** Spans that are lost, since the thread was started. */
  readonly dropped: number
}
