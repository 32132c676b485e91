import type { KeyRing } from '../access/index.ts'
import { DIALECTS, type Dialect } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import type { Ledger } from '../ledger/index.ts'
import { answerBytes, answerFailure, answerJson } from './answers.ts'
import type { CaptureApi } from './capture-api.ts'
import type { Exchanges } from './exchanges.ts'
import type { MetricsPage } from './metrics-page.ts'
import type { ModelList } from './model-list.ts'
import type { Page } from './page/index.ts'
import { type Route, route } from './routes.ts'
import type { Streams } from './streams.ts'
import type { Visit } from './visit.ts'

export interface HandlerParts {
  readonly keys: KeyRing
  readonly streams: Streams
  readonly models: ModelList
  readonly exchanges: Exchanges
  readonly ledger: Ledger | undefined
  /** Undefined: nothing is counted. */
  readonly metrics: MetricsPage | undefined
  readonly captures: CaptureApi
  /** Undefined: there is none. */
  readonly page: Page | undefined
}

const DEFAULT_LIST = 100

/** What is answered before a key is asked for, or asks for another. */
type Unguarded = 'health' | 'ready' | 'metrics' | 'page' | 'not-found' | 'wrong-method'

/** Takes a request to what answers it: an exchange, or an answer of our own. */
export class Handler {
  readonly #parts: HandlerParts

  constructor(parts: HandlerParts) {
    this.#parts = parts
  }

  handle(visit: Visit, isReady: boolean): void {
    const { request, response, target } = visit
    const found = this.#route(visit)
    switch (found.kind) {
      case 'health':
        return answerJson(response, 200, { status: 'ok' })
      case 'ready':
        return this.#answerReady(visit, isReady)
      case 'metrics':
        if (this.#parts.metrics === undefined) return answerNotFound(visit, DIALECTS.chat)
        this.#parts.metrics.answer(visit, this.#parts.keys)
        return
      case 'not-found':
        return answerNotFound(visit, found.dialect)
      case 'wrong-method':
        response.setHeader('allow', found.allow)
        return answerFailure(
          visit,
          found.dialect,
          failure('bad-request', `Cannot ${request.method} ${target.path}: it takes ${found.allow}`, { status: 405 }),
        )
      case 'page':
        return this.#parts.page?.handle(visit, found.page)
      default:
        this.#admit(visit, found)
    }
  }

  /** A ledger that cannot be written is told, and is no reason to send nobody here any more. */
  #answerReady({ request, response, target }: Visit, isReady: boolean): void {
    const { ledger, keys } = this.#parts
    const status = isReady ? 'ready' : 'draining'
    if (ledger === undefined) return answerJson(response, isReady ? 200 : 503, { status })
    const { error, ...state } = ledger.state
    // It may name paths and hosts: with keys set, only who has one is told.
    const isTrusted = keys.check(keys.read(request.rawHeaders, target.query.slice(1))) === undefined
    answerJson(response, isReady ? 200 : 503, { status, ledger: isTrusted ? { ...state, error } : state })
  }

  /** Without the page its paths are no paths. */
  #route({ request, target }: Visit): Route {
    const found = route(request.method as string, target, request.rawHeaders)
    const isOfPage = found.kind === 'page' || (found.kind === 'wrong-method' && found.ofPage)
    return isOfPage && this.#parts.page === undefined ? { kind: 'not-found', dialect: DIALECTS.chat } : found
  }

  /** What only a client with a key gets, where keys are set. */
  #admit(visit: Visit, found: Exclude<Route, { kind: Unguarded }>): void {
    const { keys, exchanges, models, page, captures } = this.#parts
    const credentials = keys.read(visit.request.rawHeaders, visit.target.query.slice(1))
    const dialect = 'dialect' in found ? found.dialect : DIALECTS.chat
    // The session of a page reads reports. It never asks an upstream for anything.
    const visitor = found.kind === 'dialect' ? undefined : page?.visitorOf(visit, credentials)
    const unproven = visitor === undefined ? keys.check(credentials) : undefined
    if (unproven !== undefined) return answerFailure(visit, dialect, unproven)
    if (found.kind !== 'dialect') {
      const owner = visitor === undefined ? (credentials.key ?? undefined) : visitor.key
      const refused = page?.checkChange(visit, credentials)
      if (refused !== undefined) return answerFailure(visit, dialect, refused)
      if (found.kind === 'capture') return captures.answer(visit, found.id, owner)
      return this.#answerReports(visit, found, owner)
    }
    if (found.match.operation === 'models') {
      models.list(found.dialect).then(
        body => answerBytes(visit.response, 200, body),
        () => answerFailure(visit, dialect, failure('upstream', 'Cannot list the models: no upstream told its own')),
      )
      return
    }
    exchanges.handle(visit, found, credentials)
  }

  /** @param owner with keys set, a key sees its own; undefined: all */
  #answerReports(visit: Visit, found: Route & { kind: 'streams' | 'stream' }, owner: string | undefined): void {
    const { streams, captures } = this.#parts
    if (found.kind === 'streams') {
      const limit = Number(new URLSearchParams(visit.target.query).get('limit') ?? DEFAULT_LIST)
      if (!Number.isInteger(limit) || limit < 1)
        return answerFailure(
          visit,
          DIALECTS.chat,
          failure('bad-request', 'Cannot list streams: `limit` takes a whole number from 1'),
        )
      return captures.tell(streams.recent(limit, owner), told => answerJson(visit.response, 200, { streams: told }))
    }
    const report = streams.find(found.id, owner)
    if (report === undefined) this.#answerKept(visit, found.id, owner)
    else captures.tell([report], ([told]) => answerJson(visit.response, 200, told))
  }

  /** The report of an exchange that is not in memory any more, or that another process had. */
  async #answerKept(visit: Visit, id: string, owner: string | undefined): Promise<void> {
    const { ledger, captures } = this.#parts
    const kept = await ledger?.reader.find(id).catch(() => [])
    const report = kept?.find(({ row }) => row.id === id)?.report ?? undefined
    if (report !== undefined && (owner === undefined || report.key === owner))
      captures.tell([report], ([told]) => answerJson(visit.response, 200, told))
    else answerFailure(visit, DIALECTS.chat, failure('not-found', 'Cannot find the stream: no report has this id'))
  }
}

function answerNotFound(visit: Visit, dialect: Dialect): void {
  const why = 'no such path; APIs are below /v1 and /v1beta, reports at /api/streams'
  answerFailure(visit, dialect, failure('not-found', `Cannot find ${visit.target.path}: ${why}`))
}

/** Whose error form an answer to a request has that is not even routed. */
export function dialectOf({ request, target }: Visit): Dialect {
  const found = route(request.method ?? 'GET', target, request.rawHeaders)
  return 'dialect' in found ? found.dialect : DIALECTS.chat
}
