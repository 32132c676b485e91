/**
 * A metrics collector of your own: it counts what the built-in one of the dialect counts, and adds what the
 * answer costs by your prices. Made anew for each exchange, fed with the text of the stream.
 *
 *     npm install millrace
 *     millrace simulate &
 *     node metrics-collector.ts
 *
 * UPSTREAM is the URL to ask (the simulator's by default), API_KEY its key.
 */
import {
  createMetricsCollector,
  DeferredStreaming,
  type IStreamingMetricsCollector,
  RequestContext,
  type StreamingMetrics,
} from 'millrace'

const { UPSTREAM: url = 'http://127.0.0.1:8643/v1/chat/completions', API_KEY = '' } = process.env

/** US dollars for a million tokens. */
const PRICES = { input: 0.4, cacheRead: 0.1, output: 1.6 }

class PricingCollector implements IStreamingMetricsCollector {
  readonly #counts = createMetricsCollector('chat')

  processChunk(chunk: string): boolean {
    return this.processRawChunk(chunk)
  }

  processRawChunk(chunk: string): boolean {
    return this.#counts.processRawChunk(chunk)
  }

  /** What goes to the client says nothing new. */
  processConvertedChunk(): boolean {
    return false
  }

  getMetrics(): StreamingMetrics {
    const metrics = this.#counts.getMetrics()
    const { tokensInput, tokensOutput, cacheReadTokens } = metrics
    if (tokensInput === null || tokensOutput === null) return metrics
    const cached = cacheReadTokens ?? 0
    const { input, cacheRead, output } = PRICES
    const costUsd = ((tokensInput - cached) * input + cached * cacheRead + tokensOutput * output) / 1_000_000
    return { ...metrics, costUsd, priceSource: 'the table of this file' }
  }
}

const requestContext = new RequestContext()
const streaming = new DeferredStreaming({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
  body: JSON.stringify({
    model: 'sim/story',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Tell me of a mill' }],
  }),
  handlerConfig: {
    formatContext: { source: 'chat', target: 'chat' },
    metricsCollector: () => new PricingCollector(),
  },
  requestContext,
})

await (await streaming.toResponse()).text()
await streaming.report
console.log(requestContext.metrics)
