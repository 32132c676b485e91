import type { ServerResponse } from 'node:http'
import type { Credentials, KeyRing } from '../access/index.ts'
import { DIALECTS, type Dialect } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import type { Ledger } from '../ledger/index.ts'
import { answerBytes, answerFailure, answerJson } from './answers.ts'
import type { CaptureApi } from './capture-api.ts'
import type { Exchanges } from './exchanges.ts'
import type { MetricsPage } from './metrics-page.ts'
import type { ModelList } from './model-list.ts'
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
}

const DEFAULT_LIST = 100

/** What is answered before a key is asked for, or asks for another. */
type Unguarded = 'health' | 'ready' | 'metrics' | 'not-found' | 'wrong-method'

/** Takes a request to what answers it: an exchange, or an answer of our own. */
export class Handler {
  readonly #parts: HandlerParts

  constructor(parts: HandlerParts) {
    this.#parts = parts
  }

  handle(visit: Visit, isReady: boolean): void {
    const { request, response, target } = visit
    const found = route(request.method as string, target, request.rawHeaders)
    switch (found.kind) {
      case 'health':
        return answerJson(response, 200, { status: 'ok' })
      case 'ready':
        return this.#answerReady(response, isReady)
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
      default:
        this.#admit(visit, found)
    }
  }

  /** A ledger that cannot be written is told, and is no reason to send nobody here any more. */
  #answerReady(response: ServerResponse, isReady: boolean): void {
    const { ledger } = this.#parts
    const status = isReady ? 'ready' : 'draining'
    answerJson(response, isReady ? 200 : 503, { status, ...(ledger && { ledger: ledger.state }) })
  }

  /** What only a client with a key gets, where keys are set. */
  #admit(visit: Visit, found: Exclude<Route, { kind: Unguarded }>): void {
    const { keys, exchanges, models } = this.#parts
    const credentials = keys.read(visit.request.rawHeaders, visit.target.query.slice(1))
    const unproven = keys.check(credentials)
    const dialect = 'dialect' in found ? found.dialect : DIALECTS.chat
    if (unproven !== undefined) return answerFailure(visit, dialect, unproven)
    if (found.kind === 'capture') return this.#parts.captures.answer(visit, found.id, credentials.key ?? undefined)
    if (found.kind !== 'dialect') return this.#answerReports(visit, found, credentials)
    if (found.match.operation === 'models') {
      models.list(found.dialect).then(
        body => answerBytes(visit.response, 200, body),
        () => answerFailure(visit, dialect, failure('upstream', 'Cannot list the models: no upstream told its own')),
      )
      return
    }
    exchanges.handle(visit, found, credentials)
  }

  #answerReports(visit: Visit, found: Route & { kind: 'streams' | 'stream' }, { key }: Credentials): void {
    const { streams, captures } = this.#parts
    // With keys set, a key sees its own.
    const owner = key ?? undefined
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
    if (report === undefined)
      return answerFailure(visit, DIALECTS.chat, failure('not-found', 'Cannot find the stream: no report has this id'))
    captures.tell([report], ([told]) => answerJson(visit.response, 200, told))
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
