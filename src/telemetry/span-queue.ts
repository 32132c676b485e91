import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'

/** How much may wait for a collector, and how long it is collected. */
export interface SpanQueueOptions {
  /** Spans that wait at most. */
  readonly maxSpans: number
  /** Milliseconds from the first span to the sending of all that have come till then. */
  readonly everyMs: number
  /** Told after each message; with what the collector said, when it did not take it. */
  readonly onSent: (failed: string | null) => void
}

/** Spans in one message. */
const BATCH = 512
/** Characters of their texts that wait at most: contents are long. */
const MAX_CHARACTERS = 32 * 1024 * 1024

/**
 * Spans on their way to a collector, one message at a time. What finds no room is counted and gone, and so is
 * what the collector does not take: the SDK's own processor tells nobody how much that was.
 */
export class SpanQueue implements SpanProcessor {
  /** Spans that found no room, or that the collector did not take. */
  dropped = 0
  readonly #exporter: SpanExporter
  readonly #options: SpanQueueOptions
  #spans: ReadableSpan[] = []
  #characters = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined

  constructor(exporter: SpanExporter, options: SpanQueueOptions) {
    this.#exporter = exporter
    this.#options = options
  }

  /** Spans that wait. */
  get waiting(): number {
    return this.#spans.length
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const characters = charactersOf(span)
    if (this.#spans.length >= this.#options.maxSpans || this.#characters + characters > MAX_CHARACTERS) {
      this.dropped++
      return
    }
    this.#spans.push(span)
    this.#characters += characters
    if (this.#spans.length >= BATCH) this.#send()
    else this.#timer ??= setTimeout(() => this.#send(), this.#options.everyMs)
  }

  async forceFlush(): Promise<void> {
    while (this.#spans.length > 0 || this.#sending !== undefined) {
      this.#send()
      await this.#sending
    }
  }

  async shutdown(): Promise<void> {
    await this.forceFlush()
    await this.#exporter.shutdown()
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  async #sendAll(): Promise<void> {
    while (this.#spans.length > 0) {
      const batch = this.#spans.splice(0, BATCH)
      const failed = await this.#export(batch)
      this.#characters -= batch.reduce((sum, span) => sum + charactersOf(span), 0)
      if (failed !== null) this.dropped += batch.length
      this.#options.onSent(failed)
    }
  }

  #export(batch: ReadableSpan[]): Promise<string | null> {
    return new Promise(resolve => {
      // The code of a success is 0.
      this.#exporter.export(batch, ({ code, error }) => resolve(code === 0 ? null : (error?.message ?? 'no reason')))
    })
  }
}

function charactersOf({ attributes }: ReadableSpan): number {
  let sum = 0
  for (const value of Object.values(attributes)) if (typeof value === 'string') sum += value.length
  return sum
}
