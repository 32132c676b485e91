import { copy } from '../bytes.ts'
import type { Failure } from '../errors.ts'
import type { Attempt, ExchangeObserver } from '../exchange/index.ts'
import type { Head, UpstreamRequest } from '../http/index.ts'
import type { StreamEvent } from '../model/index.ts'
import {
  type HookManager,
  type IStreamingMetricsCollector,
  metricsOf,
  type OtherState,
  publish,
  type RequestContext,
  type RequestTracer,
  type StreamReport,
} from '../observe/index.ts'
import { ExchangeTrace } from './exchange-trace.ts'
import { ToolCallRecord } from './tool-calls.ts'

export interface Watchers {
  readonly hookManager?: HookManager | undefined
  readonly requestTracer?: RequestTracer | undefined
  readonly collector?: IStreamingMetricsCollector | undefined
  /** The answer is collected: every state says `bufferedMode`. */
  readonly isBuffered?: boolean | undefined
}

/** Tells hooks, tracer, channels, context and a user's collector what one exchange does. */
export class StreamObserver implements ExchangeObserver {
  /** Absent unless somebody watches chunks: the exchange then makes nothing of them. */
  readonly onRawChunk?: (chunk: Uint8Array) => void
  readonly onSentChunk?: (chunk: Uint8Array) => void
  readonly wantsEvents: boolean

  readonly #context: RequestContext
  /** Stands in the data of every state. */
  readonly #mark: { readonly bufferedMode?: true }
  readonly #hooks: HookManager | undefined
  #collector: IStreamingMetricsCollector | undefined
  readonly #trace: ExchangeTrace
  #provider: string | undefined
  #toolCalls = new ToolCallRecord()

  constructor({ hookManager, requestTracer, collector, isBuffered = false }: Watchers, context: RequestContext) {
    this.#context = context
    this.#mark = isBuffered ? { bufferedMode: true } : {}
    this.#hooks = hookManager
    this.#collector = collector
    this.#trace = new ExchangeTrace(requestTracer, context)
    this.wantsEvents = hookManager?.watches('provider.stream.event') === true
    const watchesChunks =
      collector !== undefined || requestTracer !== undefined || hookManager?.watches('provider.stream.chunk')
    if (watchesChunks !== true) return
    const [raw, sent] = [new TextDecoder(), new TextDecoder()]
    this.onRawChunk = chunk => {
      this.#trace.chunk(chunk)
      this.#count(counter => counter.processRawChunk(raw.decode(chunk, { stream: true })))
      this.#emitChunk('raw', chunk)
    }
    this.onSentChunk = chunk => {
      this.#count(counter => counter.processConvertedChunk(sent.decode(chunk, { stream: true })))
      this.#emitChunk('converted', chunk)
    }
  }

  /** Lets hooks change the request, before anything is sent. */
  prepare(request: UpstreamRequest): Promise<UpstreamRequest> {
    const { metadata, requestId } = this.#context
    const state = { event: 'provider.request.prepared', time: Date.now(), requestId, metadata, data: request } as const
    return this.#hooks?.prepare(state) ?? Promise.resolve(request)
  }

  onStart(attempt: Attempt | undefined): void {
    const { requestId, startTime } = this.#context
    publish('millrace:exchange.start', () => ({ id: requestId, time: startTime.toISOString() }))
    this.#provider = attempt?.upstream
    // What an attempt has said that did not become the answer does not count.
    this.#toolCalls = new ToolCallRecord()
    if (attempt !== undefined) this.#trace.request(attempt.request)
    this.#emit('provider.stream.start', { model: attempt?.model, dialect: attempt?.adapter.to })
    this.#emit('provider.request.sent', {
      method: attempt?.request.method,
      url: attempt && bareUrl(attempt.request.url),
    })
  }

  onHead(head: Head): void {
    this.#context.metadata.set('responseHead', head)
    this.#trace.head(head)
    this.#emit('provider.response.received', { status: head.status })
  }

  readonly onEvent = (event: StreamEvent): void => {
    this.#toolCalls.note(event)
    if (!this.wantsEvents) return
    const { requestId, metadata } = this.#context
    const data = { event, ...this.#mark }
    this.#hooks?.emit({ event: 'provider.stream.event', time: Date.now(), requestId, metadata, ...this.#by(), data })
  }

  onEnd(report: StreamReport, failure: Failure | undefined): void {
    const { metrics, requestId } = this.#context
    metrics.streamChunks = report.events
    metrics.streamBytes = report.bytesOut
    metrics.firstByteMs = report.times.firstByteMs
    metrics.firstTokenMs = report.times.firstTokenMs
    metrics.totalMs = report.times.totalMs
    Object.assign(metrics, this.#count(counter => counter.getMetrics()) ?? metricsOf(report))
    if (this.#toolCalls.completed.length > 0) this.#context.metadata.set('toolCalls', this.#toolCalls.completed)
    this.#trace.end(report)
    if (failure !== undefined) {
      publish('millrace:error', () => ({ id: requestId, failure }))
      this.#emit('provider.error', { outcome: report.outcome }, failure)
    }
    publish('millrace:exchange.end', () => report)
    this.#emit('provider.stream.end', { ...report }, failure)
  }

  /** A collector that throws counts no more; the dialect's own meter does. */
  #count<Answer>(ask: (collector: IStreamingMetricsCollector) => Answer): Answer | undefined {
    try {
      return this.#collector && ask(this.#collector)
    } catch (error) {
      this.#collector = undefined
      this.#context.metadata.set('collectorError', error)
      return undefined
    }
  }

  #emitChunk(form: 'raw' | 'converted', chunk: Uint8Array): void {
    if (this.#hooks?.watches('provider.stream.chunk') !== true) return
    const { requestId, metadata } = this.#context
    const data = { form, bytes: chunk.length, chunks: 1, content: copy(chunk), ...this.#mark }
    this.#hooks.emit({ event: 'provider.stream.chunk', time: Date.now(), requestId, metadata, ...this.#by(), data })
  }

  #emit(event: OtherState['event'], data: Readonly<Record<string, unknown>>, error?: Failure): void {
    if (this.#hooks?.watches(event) !== true) return
    const { requestId, metadata } = this.#context
    this.#hooks.emit({
      event,
      time: Date.now(),
      requestId,
      metadata,
      ...this.#by(),
      data: this.#mark.bufferedMode === undefined ? data : { ...data, ...this.#mark },
      ...(error === undefined ? {} : { error }),
    })
  }

  #by(): { provider?: string } {
    return this.#provider === undefined ? {} : { provider: this.#provider }
  }
}

/** Query strings may hold keys. */
function bareUrl({ origin, pathname }: URL): string {
  return origin + pathname
}
