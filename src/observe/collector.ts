import { fromUtf8, toLatin1 } from '../bytes.ts'
import type { Meter } from '../dialects/index.ts'
import { LimitError } from '../errors.ts'
import { Framer, frameEnd } from '../sse/index.ts'
import { type IStreamingMetricsCollector, type StreamingMetrics, usageMetrics } from './metrics.ts'
import { statedCost } from './prices.ts'
import { provenanceOf, reportedUsage } from './report.ts'

/**
 * The built-in collector: a dialect's byte meter, fed with the text of the upstream's stream. It looks
 * at the upstream's own format only. An event over 8 MiB is not read.
 */
export class MeterCollector implements IStreamingMetricsCollector {
  readonly #meter: Meter
  #framer = new Framer()

  constructor(createMeter: () => Meter) {
    this.#meter = createMeter()
  }

  processChunk(chunk: string): boolean {
    return this.processRawChunk(chunk)
  }

  processRawChunk(chunk: string): boolean {
    const wasFinal = this.#meter.reading.isUsageFinal
    try {
      this.#framer.push(fromUtf8(chunk), this.#read)
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      this.#framer = new Framer()
    }
    return !wasFinal && this.#meter.reading.isUsageFinal
  }

  processConvertedChunk(_chunk: string): boolean {
    return false
  }

  getMetrics(): Required<StreamingMetrics> {
    const { reading } = this.#meter
    return usageMetrics(reportedUsage(reading.usage, provenanceOf(reading)), statedCost(reading.usage))
  }

  readonly #read = (frames: Uint8Array): void => {
    const text = toLatin1(frames)
    const hasCr = text.includes('\r')
    for (let at = 0, end = frameEnd(text, 0, hasCr); end >= 0; at = end, end = frameEnd(text, at, hasCr))
      this.#meter.frame(text, at, end)
  }
}
