import type { Credentials } from '../access/index.ts'
import type { Captures, CaptureWish, Recording } from '../capture/index.ts'
import type { Dialect, Match } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import { bothOf, type ExchangeObserver, Recorder } from '../exchange/index.ts'
import { getHeader, type RawHeaders, sharedSweep } from '../http/index.ts'
import type { Ledger, OpenRow } from '../ledger/index.ts'
import type { Request } from '../model/index.ts'
import type { Log, StreamReport } from '../observe/index.ts'
import type { ExchangeTrace, Metrics, Telemetry } from '../telemetry/index.ts'
import type { Announcer } from './announcer.ts'
import { contentObserver } from './content-observer.ts'
import type { Plan } from './plan.ts'
import type { Streams } from './streams.ts'
import type { Visit } from './visit.ts'

/** Who is told of every exchange. */
export interface Audience {
  readonly announcer: Announcer
  readonly streams: Streams
  readonly log: Log
  readonly ledger?: Ledger
  readonly metrics?: Metrics
  readonly telemetry?: Telemetry
  readonly captures?: Captures
}

/** A request that asks for an exchange, as far as it is routed. */
export interface Found {
  readonly dialect: Dialect
  readonly match: Match
}

/** Tells hooks, the ledger, metrics, traces, captures, the list of streams and the log of one exchange. */
export class Witness {
  readonly #audience: Audience
  readonly #visit: Visit
  readonly #found: Found
  readonly #key: string | null
  readonly #trace: ExchangeTrace | undefined
  #recording: Recording | undefined
  #row: OpenRow | undefined

  /** The request has come. */
  constructor(audience: Audience, visit: Visit, found: Found, { key }: Credentials) {
    this.#audience = audience
    this.#visit = visit
    this.#found = found
    this.#key = key
    const { request, target } = visit
    const asked = { method: request.method as string, path: target.path }
    this.#trace = audience.telemetry?.begin(request.rawHeaders, asked)
    audience.announcer.started(visit, found.dialect.name, found.match.operation)
  }

  /** The headers of an attempt, with where it stands in a trace. */
  headersOf({ headers, url, asks }: Plan): RawHeaders {
    return this.#trace?.attempt(headers, url, asks === 'stream') ?? headers
  }

  /**
   * An upstream is about to be asked.
   * @param body the client's request
   * @param asked the request, understood
   * @returns who watches what is said, where that is wished
   */
  opened(plan: Plan, body: Uint8Array, asked: () => Request | Failure): ExchangeObserver | undefined {
    this.#open(plan)
    this.#recording = this.#record(body)
    const content = contentObserver(this.#trace, plan.target.body, asked)
    if (this.#recording === undefined || content === undefined) return this.#recording ?? content
    return bothOf(this.#recording, content)
  }

  /** It has ended. */
  ended(report: StreamReport): void {
    this.#audience.announcer.ended(this.#visit, report)
    this.#keep(report)
    this.#audience.log.info({ exchange: report }, 'exchange')
  }

  /** It was answered here; no upstream was asked. */
  refused(refused: Failure): void {
    this.ended(this.#unasked(refused, refused.code === 'cancelled' ? 'cancelled' : 'refused', refused.status))
  }

  /** A fault of our own has ended it, told in the log already. */
  broken(failed: Failure): void {
    const { response } = this.#visit
    this.#audience.announcer.ended(this.#visit, undefined, failed)
    this.#keep(this.#unasked(failed, 'failed', response.headersSent ? response.statusCode : failed.status))
  }

  /** Nothing more comes. What was recorded of an exchange without an end is let go. */
  release(): void {
    this.#recording?.discard()
  }

  #keep(report: StreamReport): void {
    const { streams, ledger, metrics } = this.#audience
    streams.note(report)
    ledger?.settled(report, this.#row)
    metrics?.note(report)
    this.#trace?.end(report)
  }

  /** The report of what no upstream was asked for, or whose own is lost. */
  #unasked(failed: Failure, outcome: StreamReport['outcome'], status: number): StreamReport {
    const now = sharedSweep.now()
    const subject = { id: this.#visit.id, key: this.#key ?? undefined, dialect: this.#found.dialect.name }
    const record = new Recorder(subject, now)
    record.status = status
    record.failure = failed
    return record.report(outcome, undefined, now)
  }

  /** What is known before the upstream is asked, for the ledger. */
  #open({ model, upstream, dialect }: Plan): void {
    const { ledger } = this.#audience
    if (ledger === undefined) return
    this.#row = {
      id: this.#visit.id,
      time: Date.now(),
      key: this.#key,
      client: this.#found.dialect.name,
      upstream: upstream.name,
      dialect: dialect.name,
      requested: model.requested ?? null,
      sent: model.sent ?? model.requested ?? null,
    }
    ledger.opened(this.#row)
  }

  /** Keeps what is said, where that is wished. */
  #record(body: Uint8Array): Recording | undefined {
    const { id, request } = this.#visit
    const { method = '', url = '', rawHeaders: headers } = request
    const [key, dialect] = [this.#key, this.#found.dialect.name]
    const asked = () => ({ id, key, dialect, method, url, headers, body })
    return this.#audience.captures?.record(asked, key, captureWish(headers))
  }
}

/** What a client says about being captured; whether it is heard is the configuration's business. */
function captureWish(headers: RawHeaders): CaptureWish {
  const word = getHeader(headers, 'x-millrace-capture')?.trim().toLowerCase()
  return word === 'on' || word === 'off' ? word : undefined
}
