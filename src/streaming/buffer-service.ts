import { sharedClient } from '#client'
import { fromUtf8 } from '../bytes.ts'
import { type Conversion, convertRequest } from '../convert/index.ts'
import { DIALECTS, type Dialect, type Match, splitCallPath } from '../dialects/index.ts'
import { type Failure, failure, StreamingError } from '../errors.ts'
import { type Adapter, type Attempt, Exchange, type Limits, relayAdapter } from '../exchange/index.ts'
import {
  getHeader,
  type HeadersLike,
  type HttpClient,
  type HttpPoolManager,
  type RawHeaders,
  toRawHeaders,
  type UpstreamRequest,
  withoutHeaders,
} from '../http/index.ts'
import { type HookManager, RequestContext, type RequestTracer, type StreamReport } from '../observe/index.ts'
import { adapterFor } from './adapter-for.ts'
import { clientMatch } from './client-match.ts'
import { CollectingOutlet } from './collecting-outlet.ts'
import { mapperOf } from './event-mapper.ts'
import type { HandlerConfig } from './handler-config.ts'
import { parsingAdapter } from './parsing-adapter.ts'
import { StreamObserver } from './stream-observer.ts'

/** Who sends for a buffer service, and who watches. */
export interface StreamingBufferServiceOptions {
  /** Default: the platform's shared pool. */
  readonly httpClient?: HttpClient
  /** Goes before `httpClient`: the client of the upstream's origin for streams. */
  readonly httpPoolManager?: HttpPoolManager
  /** Who traces single exchanges. Default: nobody. */
  readonly requestTracer?: RequestTracer
  /** Who is told what happens. Default: nobody. */
  readonly hookManager?: HookManager
}

/** A request whose answer is to be collected. */
export interface BufferedRequest {
  /** The HTTP method: `POST`. */
  readonly method: string
  /** The upstream's, for a whole answer or for a stream. */
  readonly url: string | URL
  /** The upstream's headers, credentials included. */
  readonly headers: HeadersLike
  /** What the client sent, in its dialect. */
  readonly body: Uint8Array | string | undefined
  /** How it is handled. Default: the upstream's dialect is that of its path, and the client's the same. */
  readonly handlerConfig?: HandlerConfig
  /** Carries id, notes and metrics. Default: a new one. */
  readonly requestContext?: RequestContext
  /** The upstream's name in hooks and reports. Default `unknown`. */
  readonly providerName?: string
  /** Aborting it is the client leaving. */
  readonly signal?: AbortSignal
  /** How much may be held. Default `DEFAULT_LIMITS`. */
  readonly limits?: Limits
}

/** A request on its way: what is sent, and how its answer is read. */
interface Turned {
  readonly request: UpstreamRequest
  readonly adapter: Adapter
  readonly conversion: Conversion | undefined
}

/**
 * Answers a client that wants a whole answer over an upstream that only streams, or streams better: the
 * request is turned into a streaming one, and the events are folded to what the upstream's whole answer
 * would have been, in the client's dialect.
 */
export class StreamingBufferService {
  readonly #options: StreamingBufferServiceOptions

  constructor(options: StreamingBufferServiceOptions = {}) {
    this.#options = options
  }

  /**
   * Resolves with the answer as one JSON body, under the upstream's status and headers; an upstream's error
   * status comes through as such, in the client's form.
   *
   * @throws {StreamingError} with `status` and `code` when the request cannot be turned, and when the stream
   *   fails, breaks off or cannot be read; the signal's reason when that is aborted
   */
  async handleBufferedStreamingRequest(asked: BufferedRequest): Promise<Response> {
    const { signal, requestContext = new RequestContext(), providerName = 'unknown', limits } = asked
    signal?.throwIfAborted()
    const { hookManager, requestTracer } = this.#options
    const turned = turn(asked)
    requestContext.metadata.set('bufferedMode', true)
    const collector = asked.handlerConfig?.metricsCollector?.()
    const observer = new BufferObserver({ hookManager, requestTracer, collector, isBuffered: true }, requestContext)
    const isPrepared = hookManager?.watches('provider.request.prepared') === true
    const request = isPrepared ? await observer.prepare(turned.request) : turned.request
    const attempt: Attempt = {
      ...{ upstream: providerName, client: this.#client(request.url), request, adapter: turned.adapter },
      ...{ asks: 'stream', conversion: turned.conversion },
    }
    const outlet = new CollectingOutlet()
    const exchange = new Exchange(failed => (failed === undefined ? attempt : undefined), outlet, {
      ...{ hold: 'frame', wants: 'whole', fallback: turned.adapter, observer, limits },
      subject: { id: requestContext.requestId },
      transform: asked.handlerConfig?.responseTransformer,
      mapEvents: mapperOf(asked.handlerConfig, requestContext),
      prices: asked.handlerConfig?.prices,
    })
    const leave = () => exchange.cancel('client')
    signal?.addEventListener('abort', leave, { once: true })
    // Not awaited: an upstream may still have to end, so that its socket can be used again.
    const report = exchange.start().finally(() => signal?.removeEventListener('abort', leave))
    const answer = await Promise.race([outlet.answer, report.then(() => undefined)])
    signal?.throwIfAborted()
    if (answer === undefined || observer.isOurs(answer.head.status)) throw new StreamingError(await failureOf(report))
    const { head, body } = answer
    requestTracer?.traceResponse(requestContext.requestId, head, body)
    return new Response(body as Uint8Array<ArrayBuffer>, { status: head.status, headers: toHeaders(head.headers) })
  }

  #client({ origin }: URL): HttpClient {
    const { httpPoolManager, httpClient } = this.#options
    return httpPoolManager?.getStreamingClient(origin) ?? httpClient ?? sharedClient()
  }
}

/** Knows whose words a status is: the upstream's, or that of an error of our own. */
class BufferObserver extends StreamObserver {
  #status: number | undefined

  override onHead(head: Parameters<StreamObserver['onHead']>[0]): void {
    this.#status = head.status
    super.onHead(head)
  }

  /** An error that the upstream did not tell by its status. */
  isOurs(status: number): boolean {
    return status >= 400 && (this.#status === undefined || this.#status < 400)
  }
}

async function failureOf(report: Promise<StreamReport>): Promise<Failure> {
  const { error, status } = await report
  if (error === null) return failure('upstream', 'Cannot collect the answer: nothing came')
  return failure(error.code, error.message, status === null ? {} : { status })
}

/** @throws {StreamingError} `bad-request` when the request cannot be turned into a streaming one */
function turn(asked: BufferedRequest): Turned {
  const { method, handlerConfig = {} } = asked
  const url = new URL(asked.url)
  const given = { headers: toRawHeaders(asked.headers), body: bytesOf(asked.body) }
  const { headers, body } = handlerConfig.requestTransformer?.(given) ?? given
  const spoken = dialectOf(url, handlerConfig)
  const converted = convert(body, spoken, url, handlerConfig)
  const { match, base } = matchIn(url)
  const { http } = spoken ?? DIALECTS.responses
  const refusal = http.peek(match, converted.body).refusal
  if (refusal !== undefined) throw new StreamingError(refusal)
  const target = http.target(match, converted.body, { stream: true, askUsage: true })
  url.pathname = base + target.path
  for (const [name, value] of new URLSearchParams(target.query)) url.searchParams.set(name, value)
  const kept = withoutHeaders(headers, SAID_ANEW)
  const added = (converted.headers ?? []).filter(
    (_, at, all) => getHeader(kept, all[at - (at % 2)] as string) === undefined,
  )
  return {
    request: {
      ...{ method, url, body: target.body },
      headers: [...kept, ...added, 'accept', 'text/event-stream', 'accept-encoding', 'identity'],
    },
    adapter: collecting(handlerConfig, spoken, url),
    conversion: converted.conversion,
  }
}

const SAID_ANEW: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'content-length'])

/** The body in the upstream's dialect. */
function convert(
  body: Uint8Array,
  spoken: Dialect | undefined,
  { origin }: URL,
  config: HandlerConfig,
): {
  readonly body: Uint8Array
  readonly headers?: RawHeaders | undefined
  readonly conversion?: Conversion | undefined
} {
  const { requestAdapter, responseAdapter, formatContext } = config
  const match = clientMatch(config)
  const adapted = requestAdapter?.request(body, match) ?? { body }
  const source = formatContext && DIALECTS[formatContext.source]
  const isForeign = requestAdapter === undefined && responseAdapter === undefined && source !== spoken
  const converted =
    isForeign && source !== undefined && spoken !== undefined
      ? convertRequest(source, spoken, body, match, { stream: true, issuer: origin })
      : adapted
  if ('code' in converted) throw new StreamingError(converted)
  return converted
}

/** The adapter of the answer, with a way to fold it. */
function collecting(config: HandlerConfig, spoken: Dialect | undefined, { origin }: URL): Adapter {
  const { responseAdapter, formatContext, sseParser } = config
  const isPlain = !responseAdapter && formatContext === undefined && spoken !== undefined
  const adapter = isPlain ? relayAdapter(spoken) : adapterFor(config, { issuer: origin })
  if (sseParser !== undefined) return parsingAdapter(adapter, { ...config, sseParser }, spoken)
  if (adapter.folds === true) return adapter
  const why = 'neither its URL nor `formatContext` says what the upstream speaks, and there is no `sseParser`'
  throw new StreamingError(failure('bad-request', `Cannot collect the answer: ${why}`))
}

/** What the upstream speaks: as configured, or as its path says. */
function dialectOf(url: URL, { formatContext, responseAdapter }: HandlerConfig): Dialect | undefined {
  if (formatContext !== undefined) return DIALECTS[formatContext.target]
  if (responseAdapter) return Object.values(DIALECTS).find(({ name }) => name === responseAdapter.to)
  const { match } = matchIn(url)
  return Object.values(DIALECTS).find(({ http }) => http.match('POST', match.path)?.operation === 'generate')
}

function matchIn({ pathname, search }: URL): { readonly base: string; readonly match: Match } {
  const { base, path } = splitCallPath(pathname)
  // Gemini has model and stream in its path.
  const found = DIALECTS.gemini.http.match('POST', path, search)
  const match: Match = found?.operation === 'generate' ? found : { operation: 'generate', path }
  return { base, match }
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array {
  return typeof body === 'string' ? fromUtf8(body) : (body ?? new Uint8Array(0))
}

function toHeaders(raw: RawHeaders): Headers {
  const headers = new Headers()
  for (let at = 0; at < raw.length; at += 2) headers.append(raw[at] as string, raw[at + 1] as string)
  return headers
}
