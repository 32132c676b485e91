import { type ClientOptions, createClient, sharedClient } from '#client'
import { fromUtf8 } from '../bytes.ts'
import type { AdaptedRequest, Conversion } from '../convert/index.ts'
import { DIALECTS } from '../dialects/index.ts'
import { MillraceError, StreamingError } from '../errors.ts'
import {
  type Adapter,
  type Attempt,
  type Budgets,
  bothOf,
  type ClientGone,
  Exchange,
  type ExchangeObserver,
  type Limits,
  type NextAttempt,
  type OnHeaders,
  type Outlet,
  type Progress,
  passAdapter,
  type Recorder,
  type Redact,
  ResponseOutlet,
  type ServerResponseLike,
  SocketOutlet,
  type Subject,
  type TokenEstimator,
} from '../exchange/index.ts'
import {
  getHeader,
  type Head,
  type HeadersLike,
  type HttpClient,
  type RawHeaders,
  toRawHeaders,
  type UpstreamRequest,
  withoutHeaders,
} from '../http/index.ts'
import { type HookManager, RequestContext, type RequestTracer, type StreamReport } from '../observe/index.ts'
import { adapterFor, requestAdapterFor, type WayOptions } from './adapter-for.ts'
import { clientMatch } from './client-match.ts'
import { assertReadable, mapperOf } from './event-mapper.ts'
import type { HandlerConfig } from './handler-config.ts'
import { parsingAdapter } from './parsing-adapter.ts'
import { StreamObserver } from './stream-observer.ts'

export type { ClientOptions } from '#client'

/** What may be changed by what the upstream answered. */
export interface HeadersAnswer {
  /** The client's headers, in place of the upstream's. */
  readonly headers?: RawHeaders
  /** The adapter of this answer; null relays it as it comes. */
  readonly responseAdapter?: Adapter | null
  /** The client's content type. */
  readonly mediaType?: string
}

/** A request for an upstream, and how its answer is handled. */
export interface DeferredStreamingOptions {
  /** The HTTP method. */
  readonly method: string
  /** The upstream's. */
  readonly url: string | URL
  /** The upstream's headers, credentials included; what belongs to a connection is said by the client itself. */
  readonly headers: HeadersLike
  /** What the client sent, in its dialect; undefined: no body. */
  readonly body: Uint8Array | string | undefined
  /** Default: the platform's shared pool. */
  readonly client?: HttpClient
  /** Without `client`: makes one of its own, closed when the stream has ended, however it ended. */
  readonly clientConfig?: ClientOptions
  /** The content type of a stream whose upstream names none. Default `text/event-stream`. */
  readonly mediaType?: string
  /** How it is handled. Default: relayed, unmetered. */
  readonly handlerConfig?: HandlerConfig
  /** Carries id, notes and metrics. Default: a new one. */
  readonly requestContext?: RequestContext
  /** Who is told what happens, and may change the request. Default: nobody. */
  readonly hookManager?: HookManager
  /** Who traces single exchanges. Default: nobody. */
  readonly requestTracer?: RequestTracer
  /** Closes the `client` that was given when the stream has ended, however it ended. Default false. */
  readonly closeClientOnFinish?: boolean
  /** Called once with the upstream's good status and its headers, before anything is sent. */
  readonly onHeaders?: (
    head: Head,
    context: RequestContext,
  ) => HeadersAnswer | void | Promise<HeadersAnswer | undefined> | Promise<void>
  /** Routing, retry and fallback. Default: this request, once. */
  readonly next?: NextAttempt
  /**
   * What becomes of the exchange when the client leaves before the end: `cancel` aborts the upstream, `drain`
   * reads what it generates to the end for its usage, `detach` goes on as if nothing had happened. An object
   * has bounds beside the policy. Default `cancel`.
   */
  readonly onClientGone?: ClientGone['policy'] | ClientGone
  /** What a gateway adds. Default: nothing. */
  readonly exchange?: ExchangeSettings
}

/** What a gateway adds: how long, how much, on whose behalf. */
export interface ExchangeSettings {
  /** What the client asked for. Default `stream`; `whole` where `supportsStreaming` is false. */
  readonly wants?: 'stream' | 'whole'
  /** What the upstream is asked for. Default: what the client wants. */
  readonly asks?: 'stream' | 'whole'
  /** What became of a request that was converted already. */
  readonly conversion?: Conversion | undefined
  /** What is known of the request, for the report. */
  readonly subject?: Omit<Subject, 'id'>
  /** How long it may take. Default `DEFAULT_BUDGETS`. */
  readonly budgets?: Budgets
  /** How much it may hold. Default `DEFAULT_LIMITS`. */
  readonly limits?: Limits
  /** Both sides are done with; the report follows, which may wait for tokens to be counted. Must not throw. */
  readonly onOver?: () => void
  /** Counts tokens that the upstream did not tell. Default: those of the answer are judged by its length. */
  readonly estimator?: TokenEstimator
  /** The upstream's name in reports. Default: its host. */
  readonly upstream?: string
  /** The model that is sent, for the report. */
  readonly model?: string
  /** Headers of ours for the client's head. Default: none. */
  readonly ownHeaders?: (record: Recorder) => RawHeaders
  /** Adds what the answer cost to its usage, as `x-millrace-usage: include` asks for. Default false. */
  readonly includesUsage?: boolean
  /** Takes secrets out of error texts. Default: they are told as they are. */
  readonly redact?: Redact
  /** Who is told what happens, after hooks and tracer. Default: nobody. */
  readonly observer?: ExchangeObserver | undefined
}

/**
 * A response that performs its upstream request only when it is sent, so that the upstream's status and
 * headers become the client's. Nothing happens until one of the two senders is called, once.
 */
export class DeferredStreaming {
  /** The one report, whichever way it was sent. */
  readonly report: Promise<StreamReport>
  /** For whoever keeps a roster of streams. */
  rosterIndex?: number | undefined

  readonly #options: DeferredStreamingOptions
  readonly #context: RequestContext
  readonly #adapter: Adapter
  #resolve!: (report: Promise<StreamReport>) => void
  #isSent = false
  /** Once it has started: until then a wish to cancel waits. */
  #exchange: Exchange | undefined
  #cancelled: 'operator' | 'drain' | undefined

  constructor(options: DeferredStreamingOptions) {
    this.#options = options
    this.#context = options.requestContext ?? new RequestContext()
    this.#adapter = this.#chosenAdapter(options.handlerConfig ?? {})
    this.report = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  /**
   * Answers a `node:http` response, of HTTP/2 too. Resolves when the stream has ended, however; never
   * rejects for what upstream or client did.
   * @throws what the request cannot be made for, before anything is sent; then the response is still yours
   */
  async sendTo(response: ServerResponseLike): Promise<StreamReport> {
    return this.#send(new SocketOutlet(response))
  }

  /**
   * Answers as a web `Response`; resolves when the client's head is decided.
   * @param options.signal aborting it is the client leaving
   * @throws the signal's reason when it was aborted before the head; what the request cannot be made for
   */
  async toResponse({ signal }: { signal?: AbortSignal } = {}): Promise<Response> {
    signal?.throwIfAborted()
    const outlet = new ResponseOutlet()
    this.#send(outlet)
    const abort = () => outlet.abort(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    this.report.finally(() => signal?.removeEventListener('abort', abort))
    return outlet.response
  }

  /** Of the exchange, as in its report. */
  get id(): string {
    return this.#context.requestId
  }

  #chosenAdapter(config: HandlerConfig): Adapter {
    const adapter = adapterFor(config, this.#way)
    if (config.mapEvents !== undefined) assertReadable(adapter)
    const { sseParser } = config
    if (sseParser === undefined) return adapter
    const spoken = Object.values(DIALECTS).find(({ name }) => name === adapter.to)
    return parsingAdapter(adapter, { ...config, sseParser }, spoken)
  }

  /** Ends the stream from outside: the client gets an error in its own dialect. */
  cancel(why: 'operator' | 'drain'): void {
    this.#cancelled = why
    this.#exchange?.cancel(why)
  }

  /** How far it has come; undefined before it is sent. Looking changes nothing. */
  progress(): Progress | undefined {
    return this.#exchange?.progress()
  }

  /** The report as far as it could be written now, its outcome left open; undefined before it is sent. */
  reportSoFar(): StreamReport | undefined {
    return this.#exchange?.reportSoFar()
  }

  #send(outlet: Outlet): Promise<StreamReport> {
    if (this.#isSent) throw new MillraceError('bad-request', 'Cannot send a response twice')
    const { exchange: settings = {}, hookManager, requestTracer, next, handlerConfig } = this.#options
    const collector = handlerConfig?.metricsCollector?.()
    const observer = new StreamObserver({ hookManager, requestTracer, collector }, this.#context)
    const prepared = this.#prepare()
    const client = this.#client()
    this.#isSent = true
    const exchange = new Exchange(next ?? this.#once(client, prepared), outlet, {
      hold: next === undefined ? 'frame' : 'content',
      wants: settings.wants ?? (handlerConfig?.supportsStreaming === false ? 'whole' : 'stream'),
      subject: { ...settings.subject, id: this.#context.requestId },
      fallback: this.#adapter,
      observer: bothOf(observer, settings.observer),
      budgets: settings.budgets,
      limits: settings.limits,
      estimator: settings.estimator,
      onOver: settings.onOver,
      onClientGone: clientGone(this.#options.onClientGone),
      ownHeaders: settings.ownHeaders,
      redact: settings.redact,
      includesUsage: settings.includesUsage,
      transform: handlerConfig?.responseTransformer,
      mapEvents: mapperOf(handlerConfig, this.#context),
      prices: handlerConfig?.prices,
      mediaType: this.#options.mediaType,
      mapHeaders: handlerConfig?.preserveHeaderCase === true ? undefined : lowerCaseNames,
      onHeaders: this.#options.onHeaders && this.#onHeaders,
    })
    this.#resolve(exchange.report)
    if (hookManager?.watches('provider.request.prepared')) this.#startPrepared(exchange, observer, prepared)
    else this.#start(exchange)
    return this.#closesClient() ? closeAfter(exchange.report, client) : exchange.report
  }

  /** Hooks may change the request before it is sent. */
  async #startPrepared(exchange: Exchange, observer: StreamObserver, prepared: Prepared): Promise<void> {
    // Its URL is the caller's, perhaps that of other requests too.
    const url = new URL(prepared.request.url)
    prepared.request = await observer.prepare({ ...prepared.request, url })
    this.#start(exchange)
  }

  #start(exchange: Exchange): void {
    this.#exchange = exchange
    exchange.start()
    if (this.#cancelled !== undefined) exchange.cancel(this.#cancelled)
  }

  #client(): HttpClient {
    const { client, clientConfig } = this.#options
    return client ?? (clientConfig === undefined ? sharedClient() : createClient(clientConfig))
  }

  /** Ours always, the caller's when told to, the one that all share never. */
  #closesClient(): boolean {
    const { client, clientConfig, closeClientOnFinish = false } = this.#options
    return client === undefined ? clientConfig !== undefined : closeClientOnFinish
  }

  /** Seals of one origin are not for another. */
  get #way(): WayOptions {
    const { url, exchange: { redact } = {} } = this.#options
    const issuer = URL.parse(url)?.origin ?? ''
    return redact === undefined ? { issuer } : { issuer, redact }
  }

  #prepare(): Prepared {
    const { method, url, handlerConfig = {} } = this.#options
    const given = {
      headers: toRawHeaders(this.#options.headers),
      body: bytesOf(this.#options.body) ?? new Uint8Array(0),
    }
    const { headers, body } = handlerConfig.requestTransformer?.(given) ?? given
    const adapted = this.#adapt(body)
    const wanted = withDefaults(headers, adapted.headers)
    const request = {
      method,
      // Parsing it anew takes 3 µs.
      url: url instanceof URL ? url : new URL(url),
      headers: asksForIdentity(wanted)
        ? wanted
        : [...withoutHeaders(wanted, ACCEPT_ENCODING), 'accept-encoding', 'identity'],
      body: this.#options.body === undefined && adapted.body.length === 0 ? undefined : adapted.body,
    }
    return { request, adapted }
  }

  /** @throws {StreamingError} when the request cannot be converted */
  #adapt(body: Uint8Array): AdaptedRequest {
    const { handlerConfig = {} } = this.#options
    const adapter = requestAdapterFor(handlerConfig, this.#adapter, this.#way)
    const adapted = adapter?.request(body, clientMatch(handlerConfig)) ?? { body }
    if ('code' in adapted) throw new StreamingError(adapted)
    return adapted
  }

  /** One attempt, and nothing after it. */
  #once(client: HttpClient, prepared: Prepared): NextAttempt {
    const { exchange: { upstream, model, asks, conversion } = {} } = this.#options
    return failed => {
      if (failed !== undefined) return undefined
      const { request, adapted } = prepared
      const asked = asks ?? (adapted.stream === undefined ? undefined : adapted.stream ? 'stream' : 'whole')
      const attempt: Attempt = {
        upstream: upstream ?? request.url.host,
        client,
        request,
        adapter: this.#adapter,
        conversion: conversion ?? adapted.conversion,
        ...(asked === undefined ? {} : { asks: asked }),
      }
      return model === undefined ? attempt : { ...attempt, model }
    }
  }

  readonly #onHeaders = (head: Head): OnHeaders | undefined | Promise<OnHeaders | undefined> => {
    const answer = this.#options.onHeaders?.(head, this.#context)
    return answer instanceof Promise
      ? answer.then(late => this.#changesOf(head, late ?? undefined))
      : this.#changesOf(head, answer ?? undefined)
  }

  #changesOf(head: Head, answer: HeadersAnswer | undefined): OnHeaders | undefined {
    if (answer === undefined) return undefined
    const { headers = head.headers, responseAdapter, mediaType } = answer
    const redact = this.#options.exchange?.redact
    const adapter = responseAdapter === undefined ? undefined : (responseAdapter ?? passAdapter(redact))
    if (adapter !== undefined && this.#options.handlerConfig?.mapEvents !== undefined) assertReadable(adapter)
    return {
      headers:
        mediaType === undefined ? headers : [...withoutHeaders(headers, CONTENT_TYPE), 'content-type', mediaType],
      ...(adapter === undefined ? {} : { adapter }),
    }
  }
}

function clientGone(wish: ClientGone['policy'] | ClientGone | undefined): ClientGone | undefined {
  return typeof wish === 'string' ? { policy: wish } : wish
}

/** The request as it will be sent, and how it became that. */
interface Prepared {
  request: UpstreamRequest
  readonly adapted: AdaptedRequest
}

/** The headers, and of the others those that they do not say. */
function withDefaults(headers: RawHeaders, others: RawHeaders = []): RawHeaders {
  const added = others.filter((_, at) => getHeader(headers, others[at - (at % 2)] as string) === undefined)
  return added.length === 0 ? headers : [...headers, ...added]
}

const CONTENT_TYPE: ReadonlySet<string> = new Set(['content-type'])
const ACCEPT_ENCODING: ReadonlySet<string> = new Set(['accept-encoding'])

function lowerCaseNames(headers: RawHeaders): RawHeaders {
  return headers.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text))
}

async function closeAfter(report: Promise<StreamReport>, client: HttpClient): Promise<StreamReport> {
  await report
  await client.close()
  return report
}

function asksForIdentity(headers: RawHeaders): boolean {
  return getHeader(headers, 'accept-encoding') === 'identity'
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array | undefined {
  return typeof body === 'string' ? fromUtf8(body) : body
}
