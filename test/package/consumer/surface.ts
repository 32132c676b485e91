/** The package as its users' compiler sees it: compiled against the packed package, never run. */
import { createServer, type ServerResponse } from 'node:http'
import {
  type Adapter,
  type Attempt,
  createClient,
  createMetricsCollector,
  DeferredStreaming,
  type DeferredStreamingOptions,
  DIALECTS,
  type DialectName,
  Exchange,
  type Failure,
  type FailureCode,
  failure,
  type HandlerConfig,
  type Head,
  type Hook,
  HookManager,
  type HookState,
  type HttpClient,
  HttpPoolManager,
  type IStreamingMetricsCollector,
  type MillraceError,
  type NextAttempt,
  type Outcome,
  type Outlet,
  passAdapter,
  type RawHeaders,
  Redactor,
  RequestContext,
  type RequestTracer,
  ResponseOutlet,
  relayAdapter,
  type ServerResponseLike,
  SocketOutlet,
  type Stage,
  StreamingError,
  StreamingHandler,
  type StreamingMetrics,
  type StreamingMetricsCollector,
  type StreamReport,
  type UpstreamRequest,
} from 'millrace'
import { type DIALECTS as ALL, chat, type Dialect, type Meter } from 'millrace/dialects'
import { type Config, type Gateway, parseConfig, startGateway } from 'millrace/gateway'
import { type decodeEvents, encodeEvent, SseDecoder, type SseEvent } from 'millrace/sse'
import {
  ConsoleTracer,
  FileTracer,
  HOOK_LAYERS,
  NullTracer,
  type StreamingHandler as SameHandler,
} from 'millrace/streaming'

/** True for the very same type only: `any` equals nothing but itself. */
type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function claim<_ extends true>(): void

declare const text: string
declare const bytes: Uint8Array
declare const client: HttpClient
declare const report: StreamReport

// StreamingHandler.

const hookManager = new HookManager({ queueLimit: 16, hookLimitMs: 100, onError: (hook: string) => hook })
const handler: SameHandler = new StreamingHandler({ hookManager })
new StreamingHandler()
// @ts-expect-error: a manager, not the hooks themselves
new StreamingHandler({ hookManager: [] })

claim<Is<ReturnType<StreamingHandler['shouldStreamResponse']>, boolean>>()
handler.shouldStreamResponse({ Accept: 'text/event-stream' })
handler.shouldStreamResponse(new Headers())
handler.shouldStreamResponse(['accept', 'text/event-stream'])
handler.shouldStreamResponse(new Map([['accept', '*/*']]))

claim<Is<ReturnType<StreamingHandler['shouldStream']>, boolean>>()
handler.shouldStream(bytes, { supportsStreaming: false }, 'https://example.org/v1/models/m:streamGenerateContent')
// @ts-expect-error: bytes as they came, not text
handler.shouldStream('{"stream":true}')

const options: DeferredStreamingOptions = {
  method: 'POST',
  url: 'https://example.org/v1/messages',
  headers: { 'content-type': 'application/json' },
  body: text,
  handlerConfig: { formatContext: { source: 'messages', target: 'messages' } },
}
claim<Is<ReturnType<StreamingHandler['handleStreamingRequest']>, DeferredStreaming>>()
handler.handleStreamingRequest({ ...options, clientConfig: { connectMs: 100 } })
// @ts-expect-error: an option that does not exist
handler.handleStreamingRequest({ ...options, streaming: true })
// @ts-expect-error: without an address
handler.handleStreamingRequest({ method: 'POST', headers: [], body: undefined })

// DeferredStreaming.

const deferred = new DeferredStreaming({
  ...options,
  url: new URL('https://example.org'),
  headers: ['x-twice', '1', 'x-twice', '2'],
  body: bytes,
  client,
  hookManager,
  requestContext: new RequestContext({ requestId: 'r' }),
  requestTracer: new NullTracer(),
  closeClientOnFinish: true,
  mediaType: 'text/event-stream',
  next: failed => (failed?.code === 'rate-limited' ? undefined : attempt),
})
claim<Is<typeof deferred.report, Promise<StreamReport>>>()
claim<Is<ReturnType<typeof deferred.sendTo>, Promise<StreamReport>>>()
claim<Is<ReturnType<typeof deferred.toResponse>, Promise<Response>>>()
deferred.toResponse()
deferred.toResponse({ signal: AbortSignal.timeout(1) })
deferred.cancel('operator')
// @ts-expect-error: a client leaves by its connection, not by our word
deferred.cancel('client')
createServer(async (_request, response) => void (await deferred.sendTo(response)))
const like: ServerResponseLike = {} as ServerResponse
// @ts-expect-error: a web response is what comes out, not what goes in
deferred.sendTo(new Response())

const headAnswers: DeferredStreamingOptions['onHeaders'][] = [
  undefined,
  () => undefined,
  (head, context) => {
    context.metadata.set('status', head.status)
  },
  async (_head, context) => {
    context.metadata.clear()
  },
  ({ headers }) => ({ headers: [...headers, 'x-seen', '1'] }),
  async () => ({ responseAdapter: null, mediaType: 'text/plain' }),
]
// @ts-expect-error: not a word about the body
const wrongAnswer: DeferredStreamingOptions['onHeaders'] = () => ({ body: text })

// HandlerConfig.

const config: HandlerConfig = {
  requestAdapter: null,
  responseAdapter: relayAdapter(DIALECTS.gemini),
  formatContext: { source: 'chat', target: 'chat' },
  requestTransformer: ({ headers, body }) => ({ headers: [...headers, 'x', 'y'], body }),
  supportsStreaming: true,
  preserveHeaderCase: true,
  metricsCollector: () => createMetricsCollector('chat'),
}
// @ts-expect-error: immutable
config.supportsStreaming = false
// @ts-expect-error: no such dialect
const unknownDialect: HandlerConfig = { formatContext: { source: 'chat', target: 'cohere' } }
// @ts-expect-error: one collector for each exchange: a function that makes it
const sharedCollector: HandlerConfig = { metricsCollector: createMetricsCollector('chat') }

// What a provider implements to count its own streams.

class Counting implements IStreamingMetricsCollector {
  processChunk(chunk: string): boolean {
    return chunk.includes('[DONE]')
  }
  processRawChunk = this.processChunk
  processConvertedChunk = this.processChunk
  getMetrics(): StreamingMetrics {
    return { tokensInput: 1, tokensOutput: null, cacheReadTokens: null, cacheWriteTokens: 0, costUsd: 0.1 }
  }
}
claim<Is<StreamingMetricsCollector, IStreamingMetricsCollector>>()
claim<Is<ReturnType<typeof createMetricsCollector>, IStreamingMetricsCollector>>()
claim<Is<StreamingMetrics['costUsd'], number | null>>()
claim<Is<StreamingMetrics['provenance'], 'reported' | 'partial' | 'estimated' | 'none' | undefined>>()
const counted: StreamingMetrics = new Counting().getMetrics()
// @ts-expect-error: unknown is null, not absent
const uncounted: StreamingMetrics = { tokensInput: 1 }

// RequestContext.

const context = new RequestContext()
claim<Is<typeof context.requestId, string>>()
claim<Is<typeof context.startTime, Date>>()
claim<Is<typeof context.metadata, Map<string, unknown>>>()
claim<Is<ReturnType<typeof context.toJSON>, Record<string, unknown>>>()
claim<Is<ReturnType<typeof context.elapsedMs>, number>>()

// Hooks and tracers.

const hook: Hook = {
  name: 'ends',
  events: ['provider.stream.end', 'provider.error'],
  priority: HOOK_LAYERS.observation,
  handle(state: HookState) {
    if (state.event === 'provider.stream.chunk') claim<Is<typeof state.data.content, Uint8Array | undefined>>()
    if (state.event === 'provider.request.prepared') claim<Is<typeof state.data, UpstreamRequest>>()
    claim<Is<typeof state.error, Failure | undefined>>()
  },
}
const unregister: () => void = hookManager.register(hook)
hookManager.register({ name: 'late', events: [], handle: async () => {} })
claim<Is<ReturnType<HookManager['watches']>, boolean>>()
claim<Is<ReturnType<HookManager['drain']>, Promise<boolean>>>()
// @ts-expect-error: no such event
hookManager.register({ ...hook, events: ['provider.stream.middle'] })

const redactor = new Redactor([text])
const append = (path: string, line: string): void => void (path + line)
const tracers: RequestTracer[] = [
  new NullTracer(),
  new ConsoleTracer({ redactor, includeBodies: true }),
  new FileTracer({ redactor, folder: 'traces', append, onError: () => {} }),
]
// @ts-expect-error: nothing is shown without knowing what to hide
new ConsoleTracer({})

// HTTP.

const pools = new HttpPoolManager(() => createClient({ connections: 8 }))
claim<Is<ReturnType<typeof pools.getClient>, HttpClient>>()
claim<Is<ReturnType<typeof pools.getStreamingClient>, HttpClient>>()
claim<Is<ReturnType<typeof pools.closePool>, Promise<void>>>()
claim<Is<ReturnType<typeof pools.closeAll>, Promise<void>>>()
claim<Is<(typeof pools.stats)[number]['uses'], number>>()
pools.getClient()
// @ts-expect-error: streams hold a socket of one origin
pools.getStreamingClient()

// The machine.

const attempt: Attempt = {
  upstream: 'example',
  client,
  request: { method: 'POST', url: new URL('https://example.org'), headers: [], body: undefined },
  adapter: passAdapter(),
}
const once: NextAttempt = failed => (failed === undefined ? attempt : undefined)
const outlets: Outlet[] = [new SocketOutlet(like), new ResponseOutlet()]
const exchange = new Exchange(once, outlets[0] as Outlet, {
  hold: 'frame',
  wants: 'stream',
  subject: { id: 'r' },
  fallback: passAdapter(),
})
claim<Is<typeof exchange.report, Promise<StreamReport>>>()
exchange.cancel('drain')
// @ts-expect-error: no such reason
exchange.cancel('boredom')
claim<Is<RawHeaders, readonly string[]>>()
claim<Is<Head['status'], number>>()
claim<Is<ReturnType<Adapter['stage']>, Stage>>()

// What is known at the end.

claim<Is<Outcome, 'completed' | 'failed' | 'truncated' | 'cancelled' | 'timeout' | 'refused'>>()
claim<Is<StreamReport['outcome'], Outcome>>()
claim<Is<StreamReport['status'], number | null>>()
claim<Is<StreamReport['usage']['output'], number | null>>()
claim<Is<StreamReport['times']['firstTokenMs'], number | null>>()
claim<Is<NonNullable<StreamReport['error']>['code'], FailureCode>>()
// @ts-expect-error: a report is not for mending
report.outcome = 'completed'
// @ts-expect-error: nobody may have counted
const tokens: number = report.usage.output

const told: Failure = failure('overloaded', 'No capacity left', { retryAfterMs: 1000 })
// @ts-expect-error: not in the catalogue
failure('teapot', 'Short and stout')
claim<Is<StreamingError['status'], number>>()
const thrown: MillraceError = new StreamingError(told)
claim<Is<MillraceError['code'], FailureCode>>()

// Dialects, the event stream, the gateway.

claim<Is<typeof ALL, Readonly<Record<DialectName, Dialect>>>>()
claim<Is<DialectName, 'chat' | 'responses' | 'messages' | 'gemini'>>()
const meter: Meter = chat.createMeter()

const decoder = new SseDecoder({ maxEventBytes: 1024, strict: true })
decoder.push(bytes, ({ event, data }) => encodeEvent({ event, data }))
claim<Is<ReturnType<typeof decodeEvents>, AsyncGenerator<SseEvent, void, undefined>>>()
// @ts-expect-error: chunks are bytes
decoder.push(text, () => {})

const gatewayConfig: Config = parseConfig('{}', { env: {} })
const gateway: Promise<Gateway> = startGateway({ config: gatewayConfig, log: console, hookManager })
// @ts-expect-error: where it writes is said, not guessed
startGateway({ config: gatewayConfig })

export {
  counted,
  gateway,
  headAnswers,
  meter,
  outlets,
  sharedCollector,
  thrown,
  tokens,
  tracers,
  uncounted,
  unknownDialect,
  unregister,
  wrongAnswer,
}
