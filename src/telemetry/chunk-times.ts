import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { GAP_BOUNDS_MS, type StreamTimes } from '../observe/index.ts'
import { VERSION } from '../version.ts'

/** The bounds by which reports count silences: counts cannot be sorted into others. */
const BOUNDARIES = GAP_BOUNDS_MS.map(ms => ms / 1000)

const DESCRIPTOR = {
  name: 'gen_ai.client.inference.time_per_output_chunk',
  description: 'From one read with content to the next.',
  unit: 's',
  valueType: ValueType.DOUBLE,
} as const

interface Series {
  readonly attributes: Attributes
  readonly counts: number[]
  sum: number
}

/**
 * The times between chunks, as a metric that is asked for when metrics are sent. An instrument of the SDK would
 * have to be told each of them, 1.5 µs apiece; reports have them counted already.
 */
export class ChunkTimes implements MetricProducer {
  readonly #resource: Resource
  readonly #series = new Map<string, Series>()
  readonly #startTime = hrTime()

  constructor(resource: Resource) {
    this.#resource = resource
  }

  /** Adds the silences of one stream. */
  add({ gaps, gapSumMs }: StreamTimes, attributes: Attributes): void {
    if (gaps.length === 0) return
    const key = JSON.stringify(attributes)
    let series = this.#series.get(key)
    if (series === undefined) {
      series = { attributes, counts: new Array(BOUNDARIES.length + 1).fill(0), sum: 0 }
      this.#series.set(key, series)
    }
    for (let at = 0; at < gaps.length; at++) series.counts[at] = (series.counts[at] as number) + (gaps[at] as number)
    series.sum += gapSumMs / 1000
  }

  async collect(): Promise<CollectionResult> {
    const endTime = hrTime()
    const dataPoints = [...this.#series.values()].map(series => this.#pointOf(series, endTime))
    const metric: HistogramMetricData = {
      descriptor: DESCRIPTOR,
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints,
    }
    const metrics = dataPoints.length === 0 ? [] : [metric]
    const scopeMetrics = [{ scope: { name: 'millrace', version: VERSION }, metrics }]
    return { resourceMetrics: { resource: this.#resource, scopeMetrics }, errors: [] }
  }

  #pointOf({ attributes, counts, sum }: Series, endTime: HrTime): DataPoint<Histogram> {
    const count = counts.reduce((all, more) => all + more, 0)
    const value = { buckets: { boundaries: BOUNDARIES, counts: [...counts] }, sum, count }
    return { startTime: this.#startTime, endTime, attributes, value }
  }
}

function hrTime(): HrTime {
  const ms = Date.now()
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6]
}
