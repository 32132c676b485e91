import type { Tracer } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { AlwaysOnSampler, type IdGenerator, TracerProvider } from '@opentelemetry/sdk-trace'
import { Redactor } from '../redact.ts'
import { VERSION } from '../version.ts'
import { InferenceMetrics } from './inference-metrics.ts'
import { KnownNames } from './known-names.ts'
import type { ThreadSetup, ThreadState } from './messages.ts'
import { SpanQueue } from './span-queue.ts'
import { type IdSetter, tellSpans } from './spans.ts'
import type { ToldExchange } from './told.ts'

const SCOPE = 'millrace'

/** OpenTelemetry's SDK with its exporters, as far as it is needed here. */
export class Sdk {
  readonly #ids = new GivenIds()
  readonly #spans: SpanQueue
  readonly #tracers: TracerProvider
  readonly #tracer: Tracer
  readonly #meters: MeterProvider
  readonly #metrics: InferenceMetrics
  readonly #redact: (text: string) => string

  constructor(setup: ThreadSetup, onSent: (failed: string | null) => void) {
    const { tracesUrl, metricsUrl, headers, maxSpans, spansEveryMs, metricsEveryMs, timeoutMs, models } = setup
    const resource = defaultResource().merge(resourceFromAttributes(setup.resource))
    const shared = { headers: { ...headers }, timeoutMillis: timeoutMs }
    this.#spans = new SpanQueue(new OTLPTraceExporter({ ...shared, url: tracesUrl }), {
      ...{ maxSpans, everyMs: spansEveryMs, onSent },
    })
    this.#tracers = new TracerProvider({
      ...{ resource, idGenerator: this.#ids, spanProcessors: [this.#spans] },
      // Who is told of has been chosen already.
      sampler: new AlwaysOnSampler(),
    })
    const redactor = new Redactor(setup.secrets)
    this.#metrics = new InferenceMetrics(resource, new KnownNames(models, redactor))
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ ...shared, url: metricsUrl }),
      exportIntervalMillis: metricsEveryMs,
      exportTimeoutMillis: Math.min(timeoutMs, metricsEveryMs),
      metricProducers: [this.#metrics],
    })
    this.#meters = new MeterProvider({ resource, readers: [reader] })
    this.#redact = remembered(text => redactor.text(text))
    this.#tracer = this.#tracers.getTracer(SCOPE, VERSION)
  }

  get state(): ThreadState {
    return { waiting: this.#spans.waiting, dropped: this.#spans.dropped }
  }

  tell(told: ToldExchange): void {
    const { report, kind, attempts } = told
    if (told.trace.isSampled) tellSpans(this.#tracer, this.#ids, told, this.#redact)
    report.attempts.forEach((attempt, at) => {
      const known = attempts[at]
      const isLast = at === report.attempts.length - 1
      const redact = this.#redact
      if (known !== undefined) this.#metrics.note({ report, kind, attempt, told: known, isLast, redact })
    })
  }

  /** Sends what waits; settles when the collector has taken it, or has not in its time. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#tracers.shutdown(), this.#meters.shutdown()])
  }
}

/** Gives out the ids that were made where the exchange was served. */
class GivenIds implements IdGenerator, IdSetter {
  #traceId = ''
  #spanId = ''

  set(traceId: string, spanId: string): void {
    this.#traceId = traceId
    this.#spanId = spanId
  }

  readonly generateTraceId = (): string => this.#traceId
  readonly generateSpanId = (): string => this.#spanId
}

/** Texts that are remembered, and how long they may be. */
const MAX_TEXTS = 1000
const MAX_LENGTH = 200

/** Names and paths come again and again, and looking for secrets takes 2 µs each time. */
function remembered(redact: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return text => {
    if (text.length > MAX_LENGTH) return redact(text)
    let clean = known.get(text)
    if (clean === undefined) {
      clean = redact(text)
      if (known.size >= MAX_TEXTS) known.clear()
      known.set(text, clean)
    }
    return clean
  }
}
