import { Capacity, type Credentials, checkJson, readBody } from '../access/index.ts'
import type { Captures, CaptureWish, Recording } from '../capture/index.ts'
import { decodeRequest, SealMemory } from '../convert/index.ts'
import { type Dialect, type Match, MemoryResponseStore } from '../dialects/index.ts'
import { type Failure, failure, messageOf } from '../errors.ts'
import {
  type Adapter,
  bothOf,
  createAdapter,
  type ExchangeObserver,
  Recorder,
  relayAdapter,
} from '../exchange/index.ts'
import { getHeader, type HttpClient, type RawHeaders, sharedSweep } from '../http/index.ts'
import type { Ledger, OpenRow } from '../ledger/index.ts'
import { createClient } from '../node/index.ts'
import { type HookManager, type Log, type PriceBook, RequestContext, type StreamReport } from '../observe/index.ts'
import { Redactor } from '../redact.ts'
import { type HandlerConfig, StreamingHandler } from '../streaming/index.ts'
import { type ExchangeTrace, kindOfPath, type Metrics, type Telemetry } from '../telemetry/index.ts'
import type { Announcer } from './announcer.ts'
import { answerFailure } from './answers.ts'
import { type Config, secretsOf } from './config/index.ts'
import { contentObserver } from './content-observer.ts'
import { Estimates } from './estimates.ts'
import { ownHeaders } from './own-headers.ts'
import { type Estimate, type Plan, planRequest } from './plan.ts'
import type { Streams } from './streams.ts'
import type { Visit } from './visit.ts'

/** Sockets to one origin; never fewer than the streams that may be open. */
const SOCKETS = 256

export interface ExchangesOptions {
  readonly config: Config
  readonly streams: Streams
  readonly log: Log
  readonly hookManager?: HookManager
  readonly mapEvents?: HandlerConfig['mapEvents']
  readonly prices?: PriceBook | Promise<PriceBook | undefined>
  readonly announcer: Announcer
  readonly ledger?: Ledger
  readonly metrics?: Metrics
  readonly telemetry?: Telemetry
  readonly captures?: Captures | undefined
}

interface Found {
  readonly dialect: Dialect
  readonly match: Match
}

/** With where it stands in a trace; undefined: in none. */
interface Traced extends Found {
  readonly trace: ExchangeTrace | undefined
}

/** Turns requests into exchanges with an upstream, and keeps their reports. */
export class Exchanges {
  readonly #config: Config
  readonly #streams: Streams
  readonly #log: Log
  readonly #handler: StreamingHandler
  readonly #capacity: Capacity
  readonly #estimates = new Estimates()
  readonly #announcer: Announcer
  readonly #ledger: Ledger | undefined
  readonly #mapEvents: HandlerConfig['mapEvents']
  readonly #metrics: Metrics | undefined
  #prices: PriceBook | undefined
  /** Undefined once the prices are there. */
  #pricesToCome: Promise<PriceBook | undefined> | undefined
  readonly #telemetry: Telemetry | undefined
  readonly #redact: (text: string) => string
  /** One client for each connect budget: model rules may have their own. */
  readonly #clients = new Map<number, HttpClient>()
  readonly #adapters = new Map<string, Adapter>()
  readonly #seals: SealMemory | undefined
  /** The answers that clients of Responses may refer to; undefined: none are kept. */
  readonly #responses: MemoryResponseStore | undefined
  readonly #captures: Captures | undefined

  constructor(options: ExchangesOptions) {
    const { config, streams, log, hookManager, mapEvents, prices, announcer, ledger, metrics, captures, telemetry } =
      options
    this.#telemetry = telemetry
    this.#captures = captures
    this.#metrics = metrics
    if (prices instanceof Promise) this.#pricesToCome = prices
    else this.#prices = prices
    this.#announcer = announcer
    this.#ledger = ledger
    this.#mapEvents = mapEvents
    this.#config = config
    this.#streams = streams
    this.#log = log
    this.#handler = new StreamingHandler(hookManager === undefined ? {} : { hookManager })
    this.#capacity = new Capacity('streams', config.limits.streams)
    const redactor = new Redactor(secretsOf(config))
    this.#redact = text => redactor.text(text)
    if (config.seals.remember > 0) this.#seals = new SealMemory({ maxAnswers: config.seals.remember })
    const { remember, maxAgeMs, maxCharacters } = config.responses
    if (remember > 0) this.#responses = new MemoryResponseStore({ maxResponses: remember, maxAgeMs, maxCharacters })
  }

  /** Answers the visit, however it goes. */
  async handle(visit: Visit, { dialect, match }: Found, credentials: Credentials): Promise<void> {
    const found: Traced = { dialect, match, trace: this.#trace(visit, match) }
    this.#announcer.started(visit, dialect.name, match.operation)
    const full = this.#capacity.enter()
    try {
      const body = full ?? (await this.#readBody(visit))
      if ('code' in body) {
        this.#refuse(visit, found, credentials, body)
        return
      }
      if (this.#pricesToCome !== undefined) await this.#awaitPrices(this.#pricesToCome)
      const plan = this.#plan(visit, found, credentials, body)
      if ('code' in plan) this.#refuse(visit, found, credentials, plan)
      else if ('request' in plan)
        this.#note(visit, found, await this.#estimates.answer(visit, dialect, credentials, plan))
      else await this.#exchange(visit, found, credentials, plan, this.#record(visit, found, credentials, body))
    } catch (error) {
      this.#breakOff(visit, found, credentials, error)
    } finally {
      if (full === undefined) this.#capacity.leave()
    }
  }

  client(connectMs: number): HttpClient {
    let client = this.#clients.get(connectMs)
    if (client === undefined) {
      const { transport, limits } = this.#config
      client = createClient({ transport, connectMs, connections: Math.max(SOCKETS, limits.streams) })
      this.#clients.set(connectMs, client)
    }
    return client
  }

  async close(): Promise<void> {
    await this.#streams.drain(this.#config.timeouts.drainMs)
    await this.#estimates.close()
    this.#seals?.clear()
    await Promise.all([...this.#clients.values()].map(client => client.close()))
  }

  async #awaitPrices(prices: Promise<PriceBook | undefined>): Promise<void> {
    this.#prices = await prices
    this.#pricesToCome = undefined
  }

  #readBody({ request }: Visit): Promise<Uint8Array | Failure> {
    const { limits, timeouts } = this.#config
    return readBody(request, { maxBytes: limits.bodyBytes, totalMs: timeouts.clientBodyMs })
  }

  #plan(
    { request }: Visit,
    { dialect, match }: Found,
    credentials: Credentials,
    body: Uint8Array,
  ): Plan | Estimate | Failure {
    const refused =
      match.operation === 'generate' ? checkJson(getHeader(request.rawHeaders, 'content-type')) : undefined
    // An answer belongs to the key that asked for it.
    const seals = this.#seals?.of(credentials.key ?? undefined)
    const history = this.#responses && { owner: credentials.key ?? '', store: this.#responses }
    return refused ?? planRequest(this.#config, { dialect, match, credentials, body, seals, history })
  }

  /** Keeps what is said in the exchange, where that is wished. */
  #record({ id, request }: Visit, { dialect }: Found, { key }: Credentials, body: Uint8Array): Recording | undefined {
    if (this.#captures === undefined) return undefined
    const { method = '', url = '', rawHeaders: headers } = request
    const asked = () => ({ id, key, dialect: dialect.name, method, url, headers, body })
    return this.#captures.record(asked, key, captureWish(headers))
  }

  #trace({ request, target: { path } }: Visit, { operation }: Match): ExchangeTrace | undefined {
    if (this.#telemetry === undefined) return undefined
    const kind = operation === 'generate' ? 'inference' : operation === 'count' ? 'count' : kindOfPath(path)
    return this.#telemetry.begin(request.rawHeaders, { kind, method: request.method as string, path })
  }

  async #exchange(
    visit: Visit,
    found: Traced,
    { key }: Credentials,
    plan: Plan,
    recording: Recording | undefined,
  ): Promise<void> {
    const { request, response, id: requestId, metadata } = visit
    const { dialect, match, trace } = found
    const { target, model, upstream, conversion } = plan
    const isAnswer = match.operation === 'generate'
    const asked = () => conversion?.request ?? decodeRequest(dialect, target.body, match)
    const deferred = this.#handler.handleStreamingRequest({
      method: request.method as string,
      url: plan.url,
      headers: trace?.attempt(plan.headers, plan.url, plan.asks === 'stream') ?? plan.headers,
      body: target.body.length === 0 ? undefined : target.body,
      client: this.client(plan.budgets.connectMs),
      requestContext: new RequestContext({ requestId, metadata }),
      onClientGone: plan.onClientGone,
      ...(plan.framing === 'array' ? { mediaType: 'application/json' } : {}),
      handlerConfig: {
        responseAdapter: this.#adapter(dialect, isAnswer, plan),
        preserveHeaderCase: true,
        ...(isAnswer && this.#prices !== undefined ? { prices: this.#prices } : {}),
        ...(isAnswer && this.#mapEvents !== undefined ? { mapEvents: this.#mapEvents } : {}),
      },
      exchange: {
        wants: plan.wants,
        asks: plan.asks,
        conversion,
        upstream: upstream.name,
        subject: { key: key ?? undefined, dialect: dialect.name, model: model.requested },
        budgets: plan.budgets,
        limits: this.#config.limits,
        estimator: this.#estimates.of(asked),
        ownHeaders,
        redact: this.#redact,
        includesUsage: plan.includesUsage,
        observer: observerOf(recording, contentObserver(trace, target.body, asked)),
        ...(model.sent === undefined ? {} : { model: model.sent }),
      },
    })
    this.#streams.enter(deferred)
    const row = this.#open(visit, dialect, key, plan)
    try {
      this.#note(visit, found, await deferred.sendTo(response), row)
    } finally {
      this.#streams.leave(deferred)
      // Does nothing to one that has ended as exchanges do.
      recording?.discard()
    }
  }

  /** Adapters have no state of their own: one serves all exchanges of its kind. */
  #adapter(dialect: Dialect, isMetered: boolean, plan: Plan): Adapter {
    const { target, upstream, rewriteModel } = plan
    const kind = `${dialect.name} ${plan.dialect.name} ${isMetered} ${rewriteModel} ${target.edits.join()} ${upstream.issuer}`
    let adapter = this.#adapters.get(kind)
    if (adapter === undefined) {
      const redact = this.#redact
      const { issuer } = upstream
      adapter =
        plan.dialect === dialect
          ? relayAdapter(dialect, { edits: target.edits, isMetered, rewriteModel, issuer, redact })
          : createAdapter({ from: dialect.name, to: plan.dialect.name }, { issuer, redact })
      this.#adapters.set(kind, adapter)
    }
    return adapter
  }

  /** What is known before the upstream is asked, for the ledger. */
  #open({ id }: Visit, dialect: Dialect, key: string | null, plan: Plan): OpenRow | undefined {
    if (this.#ledger === undefined) return undefined
    const { model, upstream } = plan
    const row: OpenRow = {
      id,
      time: Date.now(),
      key,
      client: dialect.name,
      upstream: upstream.name,
      dialect: plan.dialect.name,
      requested: model.requested ?? null,
      sent: model.sent ?? model.requested ?? null,
    }
    this.#ledger.opened(row)
    return row
  }

  /** A fault of our own must not take the other exchanges along. */
  #breakOff(visit: Visit, { dialect, trace }: Traced, { key }: Credentials, error: unknown): void {
    const message = this.#redact(messageOf(error))
    this.#log.error({ id: visit.id, error: { message } }, 'fault')
    const failed = failure('upstream', 'Cannot serve the request: an internal fault', { status: 500 })
    this.#announcer.ended(visit, undefined, failed)
    const now = sharedSweep.now()
    const record = new Recorder({ id: visit.id, key: key ?? undefined, dialect: dialect.name }, now)
    record.failure = failed
    record.status = visit.response.headersSent ? visit.response.statusCode : failed.status
    const report = record.report('failed', undefined, now)
    this.#ledger?.settled(report)
    this.#metrics?.note(report)
    trace?.end(report)
    if (visit.response.headersSent) visit.response.destroy()
    else answerFailure(visit, dialect, failed)
  }

  #refuse(visit: Visit, found: Traced, { key }: Credentials, refused: Failure): void {
    const { dialect } = found
    // What is left of the body is not worth reading.
    visit.response.setHeader('connection', 'close')
    answerFailure(visit, dialect, refused)
    const now = sharedSweep.now()
    const record = new Recorder({ id: visit.id, key: key ?? undefined, dialect: dialect.name }, now)
    record.status = refused.status
    record.failure = refused
    this.#note(visit, found, record.report(refused.code === 'cancelled' ? 'cancelled' : 'refused', undefined, now))
  }

  /** @param row what was opened for it in the ledger */
  #note(visit: Visit, { trace }: Traced, report: StreamReport, row?: OpenRow): void {
    this.#announcer.ended(visit, report)
    this.#streams.note(report)
    this.#ledger?.settled(report, row)
    this.#metrics?.note(report)
    trace?.end(report)
    this.#log.info({ exchange: report }, 'exchange')
  }
}

/** What a client says about being captured; whether it is heard is the configuration's business. */
function captureWish(headers: RawHeaders): CaptureWish {
  const word = getHeader(headers, 'x-millrace-capture')?.trim().toLowerCase()
  return word === 'on' || word === 'off' ? word : undefined
}

function observerOf(
  first: ExchangeObserver | undefined,
  second: ExchangeObserver | undefined,
): ExchangeObserver | undefined {
  return first === undefined ? second : bothOf(first, second)
}
