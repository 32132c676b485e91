import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type HistogramMetricData,
  type MetricData,
  type MetricProducer,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics'
import { GAP_BOUNDS_MS } from '../observe/index.ts'
import { VERSION } from '../version.ts'
import { type AttemptFacts, askedAttributes, firstChunkMs } from './attributes.ts'
import { isInference } from './conventions.ts'
import { Distribution } from './families.ts'
import type { KnownNames } from './known-names.ts'

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power)
/** Those by which reports count silences: counts cannot be sorted into others. */
const GAPS = GAP_BOUNDS_MS.map(ms => ms / 1000)

/** The histograms of the conventions: their bounds, their unit, and what they mean. */
const HISTOGRAMS = {
  duration: [SECONDS, 's', 'How long calls of models took.'],
  time_to_first_chunk: [SECONDS, 's', 'From the request to the first event of its stream.'],
  time_per_output_chunk: [GAPS, 's', 'From one read with content to the next.'],
  'operation.input_tokens': [TOKENS, '{token}', 'Tokens of the prompt, by call.'],
  'operation.output_tokens': [TOKENS, '{token}', 'Tokens of the answer, by call.'],
} as const satisfies Record<string, readonly [bounds: readonly number[], unit: string, description: string]>

/** The counters, and what they mean. */
const COUNTERS = {
  'usage.input_tokens': 'Tokens of prompts, cached ones among them.',
  'usage.output_tokens': 'Tokens of answers, reasoning among them.',
  'usage.cache_read.input_tokens': 'Tokens that were read from a cache.',
  'usage.cache_write.input_tokens': 'Tokens that were written to a cache.',
  'usage.reasoning.output_tokens': 'Tokens of reasoning.',
} as const

type HistogramName = keyof typeof HISTOGRAMS
type CounterName = keyof typeof COUNTERS

/** What is measured with the same attributes. */
class Series {
  readonly attributes: Attributes
  readonly histograms: Partial<Record<HistogramName, Distribution>> = {}
  readonly counters: Partial<Record<CounterName, number>> = {}

  constructor(attributes: Attributes) {
    this.attributes = attributes
  }

  histogram(name: HistogramName): Distribution {
    this.histograms[name] ??= new Distribution(HISTOGRAMS[name][0])
    return this.histograms[name]
  }

  count(name: CounterName, more: number): void {
    this.counters[name] = (this.counters[name] ?? 0) + Math.max(more, 0)
  }
}

/**
 * The metrics of the conventions for clients of models, one measurement for each attempt; asked for when metrics
 * are sent.
 *
 * Instruments of the SDK look their series up by all attributes each time, some 10 µs, and would have to be told
 * each silence of a stream; here an attempt takes 3 µs.
 */
export class InferenceMetrics implements MetricProducer {
  readonly #resource: Resource
  readonly #models: KnownNames
  readonly #series = new Map<string, Series>()
  readonly #startTime = hrTime()

  /** @param models which names of models are told apart */
  constructor(resource: Resource, models: KnownNames) {
    this.#resource = resource
    this.#models = models
  }

  /** Measures one attempt of an exchange that has ended. */
  note(facts: AttemptFacts): void {
    const { report, kind, attempt, told, isLast } = facts
    if (!isInference(kind)) return
    const labels = this.#labels(facts)
    const key = Object.values(labels).join('\n')
    const isError = attempt.error !== null && attempt.error !== 'cancelled'
    const series = this.#at(key, () => labels)
    const ended = isError
      ? this.#at(`${key}\n\n${attempt.error}`, () => ({ ...labels, 'error.type': attempt.error as string }))
      : series
    ended.histogram('duration').observe((attempt.endMs - attempt.sentMs) / 1000)
    this.#noteUsage(facts, key, labels, ended)
    const firstMs = firstChunkMs(report, attempt)
    if (!isLast || !told.isStream || firstMs === null) return
    series.histogram('time_to_first_chunk').observe(firstMs / 1000)
    const { gaps, gapSumMs } = report.times
    if (gaps.length > 0) series.histogram('time_per_output_chunk').add(gaps, gapSumMs / 1000)
  }

  /** Of a call that brought no usage there are zeros, of modalities that nobody told apart. */
  #noteUsage({ report, isLast }: AttemptFacts, key: string, labels: Attributes, ended: Series): void {
    const known = isLast ? report.usage : undefined
    const of = (modality: string) =>
      this.#at(`${key}\n${modality}`, () => ({ ...labels, 'gen_ai.token.modality': modality }))
    const [input, output] = [known?.input ?? 0, known?.output ?? 0]
    const [heard, spoken] = [known?.audioInput ?? null, known?.audioOutput ?? null]
    const rest = of('unknown')
    rest.count('usage.input_tokens', input - (heard ?? 0))
    rest.count('usage.output_tokens', output - (spoken ?? 0))
    if (heard !== null) of('audio').count('usage.input_tokens', heard)
    if (spoken !== null) of('audio').count('usage.output_tokens', spoken)
    if (known?.cacheRead != null) rest.count('usage.cache_read.input_tokens', known.cacheRead)
    if (known?.cacheWrite != null) rest.count('usage.cache_write.input_tokens', known.cacheWrite)
    if (known?.reasoning != null) rest.count('usage.reasoning.output_tokens', known.reasoning)
    ended.histogram('operation.input_tokens').observe(input)
    ended.histogram('operation.output_tokens').observe(output)
  }

  #labels(facts: AttemptFacts): Attributes {
    const { report, attempt, isLast } = facts
    const isProven = isLast && report.outcome === 'completed'
    const reported = isLast ? report.model.reported : null
    return {
      ...askedAttributes({ ...facts, attempt: { ...attempt, model: null } }),
      ...(attempt.model !== null && { 'gen_ai.request.model': this.#models.label(attempt.model, isProven) }),
      ...(reported !== null && { 'gen_ai.response.model': this.#models.label(reported, isProven) }),
    }
  }

  #at(key: string, attributes: () => Attributes): Series {
    let series = this.#series.get(key)
    if (series === undefined) {
      series = new Series(attributes())
      this.#series.set(key, series)
    }
    return series
  }

  async collect(): Promise<CollectionResult> {
    const all = [...this.#series.values()]
    const times = { startTime: this.#startTime, endTime: hrTime() }
    const metrics: MetricData[] = [
      ...(Object.keys(HISTOGRAMS) as HistogramName[]).map(name => histogramOf(name, all, times)),
      ...(Object.keys(COUNTERS) as CounterName[]).map(name => sumOf(name, all, times)),
    ].filter(({ dataPoints }) => dataPoints.length > 0)
    const scopeMetrics = [{ scope: { name: 'millrace', version: VERSION }, metrics }]
    return { resourceMetrics: { resource: this.#resource, scopeMetrics }, errors: [] }
  }
}

interface Times {
  readonly startTime: HrTime
  readonly endTime: HrTime
}

const PREFIX = 'gen_ai.client.inference.'

function histogramOf(name: HistogramName, all: readonly Series[], times: Times): HistogramMetricData {
  const [boundaries, unit, description] = HISTOGRAMS[name]
  return {
    descriptor: { name: PREFIX + name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: all.flatMap(({ attributes, histograms }) => {
      const found = histograms[name]?.state()
      if (found === undefined) return []
      const { counts, sum, count } = found
      return [{ ...times, attributes, value: { buckets: { boundaries: [...boundaries], counts }, sum, count } }]
    }),
  }
}

function sumOf(name: CounterName, all: readonly Series[], times: Times): SumMetricData {
  return {
    descriptor: { name: PREFIX + name, description: COUNTERS[name], unit: '{token}', valueType: ValueType.INT },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: all.flatMap(({ attributes, counters }) => {
      const value = counters[name]
      return value === undefined ? [] : [{ ...times, attributes, value }]
    }),
  }
}

function hrTime(): HrTime {
  const ms = Date.now()
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6]
}
