import { Capacity, type Credentials, checkJson, readBody } from '../access/index.ts'
import { decodeRequest, SealMemory } from '../convert/index.ts'
import { type Dialect, MemoryResponseStore } from '../dialects/index.ts'
import { type Failure, failure, messageOf } from '../errors.ts'
import { type Adapter, createAdapter, relayAdapter } from '../exchange/index.ts'
import { getHeader, type HttpClient } from '../http/index.ts'
import { createClient } from '../node/index.ts'
import { type HookManager, type PriceBook, RequestContext } from '../observe/index.ts'
import { Redactor } from '../redact.ts'
import { type HandlerConfig, StreamingHandler } from '../streaming/index.ts'
import { answerFailure } from './answers.ts'
import { type Config, secretsOf } from './config/index.ts'
import { Estimates } from './estimates.ts'
import { ownHeaders } from './own-headers.ts'
import { type Estimate, type Plan, planRequest } from './plan.ts'
import type { Visit } from './visit.ts'
import { type Audience, type Found, Witness } from './witness.ts'

/** Sockets to one origin; never fewer than the streams that may be open. */
const SOCKETS = 256

export interface ExchangesOptions extends Audience {
  readonly config: Config
  readonly hookManager?: HookManager
  readonly mapEvents?: HandlerConfig['mapEvents']
  readonly prices?: PriceBook | Promise<PriceBook | undefined>
}

/** Turns requests into exchanges with an upstream, and keeps their reports. */
export class Exchanges {
  readonly #config: Config
  readonly #audience: Audience
  readonly #handler: StreamingHandler
  readonly #capacity: Capacity
  readonly #estimates = new Estimates()
  readonly #mapEvents: HandlerConfig['mapEvents']
  #prices: PriceBook | undefined
  /** Undefined once the prices are there. */
  #pricesToCome: Promise<PriceBook | undefined> | undefined
  readonly #redact: (text: string) => string
  /** One client for each connect budget: model rules may have their own. */
  readonly #clients = new Map<number, HttpClient>()
  readonly #adapters = new Map<string, Adapter>()
  readonly #seals: SealMemory | undefined
  /** The answers that clients of Responses may refer to; undefined: none are kept. */
  readonly #responses: MemoryResponseStore | undefined

  constructor(options: ExchangesOptions) {
    const { config, hookManager, mapEvents, prices } = options
    this.#audience = options
    if (prices instanceof Promise) this.#pricesToCome = prices
    else this.#prices = prices
    this.#mapEvents = mapEvents
    this.#config = config
    this.#handler = new StreamingHandler(hookManager === undefined ? {} : { hookManager })
    this.#capacity = new Capacity('streams', config.limits.streams)
    const redactor = new Redactor(secretsOf(config))
    this.#redact = text => redactor.text(text)
    if (config.seals.remember > 0) this.#seals = new SealMemory({ maxAnswers: config.seals.remember })
    const { remember, maxAgeMs, maxCharacters } = config.responses
    if (remember > 0) this.#responses = new MemoryResponseStore({ maxResponses: remember, maxAgeMs, maxCharacters })
  }

  /** Answers the visit, however it goes. */
  async handle(visit: Visit, found: Found, credentials: Credentials): Promise<void> {
    const witness = new Witness(this.#audience, visit, found, credentials)
    const full = this.#capacity.enter()
    let isInside = full === undefined
    const leave = () => {
      if (isInside) this.#capacity.leave()
      isInside = false
    }
    try {
      const body = full ?? (await this.#readBody(visit))
      if ('code' in body) {
        refuse(visit, found, witness, body)
        return
      }
      if (this.#pricesToCome !== undefined) await this.#awaitPrices(this.#pricesToCome)
      const plan = this.#plan(visit, found, credentials, body)
      if ('code' in plan) refuse(visit, found, witness, plan)
      else if ('request' in plan) witness.ended(await this.#estimates.answer(visit, found.dialect, credentials, plan))
      else await this.#exchange(visit, found, credentials, plan, { body, witness, leave })
    } catch (error) {
      this.#breakOff(visit, found, witness, error)
    } finally {
      leave()
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
    const { drainMs } = this.#config.timeouts
    // Whose tokens are still being counted then is judged by their length.
    const timer = setTimeout(() => this.#estimates.close(), drainMs)
    await this.#audience.streams.drain(drainMs)
    clearTimeout(timer)
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

  async #exchange(
    visit: Visit,
    { dialect, match }: Found,
    { key }: Credentials,
    plan: Plan,
    { body, witness, leave }: { readonly body: Uint8Array; readonly witness: Witness; readonly leave: () => void },
  ): Promise<void> {
    const { request, response, id: requestId, metadata } = visit
    const { target, model, upstream, conversion } = plan
    const isAnswer = match.operation === 'generate'
    const asked = () => conversion?.request ?? decodeRequest(dialect, target.body, match)
    const deferred = this.#handler.handleStreamingRequest({
      method: request.method as string,
      url: plan.url,
      headers: witness.headersOf(plan),
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
        // Its place is another's, though its tokens may still have to be counted.
        onOver: leave,
        ownHeaders,
        redact: this.#redact,
        includesUsage: plan.includesUsage,
        observer: witness.opened(plan, body, asked),
        ...(model.sent === undefined ? {} : { model: model.sent }),
      },
    })
    const { streams } = this.#audience
    streams.enter(deferred)
    try {
      witness.ended(await deferred.sendTo(response))
    } finally {
      streams.leave(deferred)
      witness.release()
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

  /** A fault of our own must not take the other exchanges along. */
  #breakOff(visit: Visit, { dialect }: Found, witness: Witness, error: unknown): void {
    const message = this.#redact(messageOf(error))
    this.#audience.log.error({ id: visit.id, error: { message } }, 'fault')
    const failed = failure('upstream', 'Cannot serve the request: an internal fault', { status: 500 })
    witness.broken(failed)
    if (visit.response.headersSent) visit.response.destroy()
    else answerFailure(visit, dialect, failed)
  }
}

function refuse(visit: Visit, { dialect }: Found, witness: Witness, refused: Failure): void {
  // What is left of the body is not worth reading.
  visit.response.setHeader('connection', 'close')
  answerFailure(visit, dialect, refused)
  witness.refused(refused)
}
