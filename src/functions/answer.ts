import { lossesHeader } from '../convert/index.ts'
import type { Failure } from '../errors.ts'
import {
  type Adapter,
  type Attempt,
  type Budgets,
  Exchange,
  type Limits,
  type Redact,
  ResponseOutlet,
} from '../exchange/index.ts'
import { FetchClient, type RawHeaders } from '../http/index.ts'
import type { MapEvents } from '../model/index.ts'
import { RequestContext, type StreamReport } from '../observe/index.ts'
import type { ConvertedRequest } from './convert-request.ts'

/** What may be said of the way of an answer, whatever is made of it. */
export interface AnswerSettings {
  /** The request that is answered, as `convertRequest` made it. Without it nothing is known of the client's wishes. */
  readonly request?: ConvertedRequest
  /** Whose seals the answer holds: the upstream's origin, say. Default: that of `request`, else nobody's. */
  readonly issuer?: string
  /** Aborting it is the client leaving: the source is cancelled. */
  readonly signal?: AbortSignal
  /** Called once when all is over, with what is known of it: outcome, usage, losses, times. Must not throw. */
  readonly onReport?: (report: StreamReport) => void
  /**
   * Says what becomes of every event of the answer: the event itself, another one, several, or nothing. What it
   * does not change goes out as it came; what it throws fails the answer. Default: nothing is changed.
   */
  readonly mapEvents?: MapEvents
  /** How long the source may take and be silent. Default: `DEFAULT_BUDGETS`. */
  readonly budgets?: Budgets
  /** How much may be held of it. Default: `DEFAULT_LIMITS`. */
  readonly limits?: Limits
  /** Takes secrets out of an upstream's error text. Default: it is told as it is. */
  readonly redact?: Redact
}

export type Wish = 'stream' | 'whole'

export interface Answer {
  /** Resolves when the head is decided. */
  readonly response: Promise<Response>
  readonly report: Promise<StreamReport>
  /** Why it failed; undefined when it did not. */
  readonly failure: Promise<Failure | undefined>
}

/** What a client gets, by which adapter, of an upstream that was asked for something. */
export interface Way {
  readonly adapter: Adapter
  readonly wants: Wish
  readonly asks: Wish
}

/** A response that somebody has asked for: it may be on its way yet, or never come. */
export type ResponseSource = Response | Promise<Response>

/** An answer through the machine of every exchange: its source is an upstream like others. */
export function answerWith(source: ResponseSource, { adapter, wants, asks }: Way, settings: AnswerSettings): Answer {
  const { request, signal, budgets, limits, redact, mapEvents } = settings
  const failed = Promise.withResolvers<Failure | undefined>()
  const url = urlOf(source, request)
  const attempt: Attempt = {
    ...{ upstream: url.host === NOWHERE.host ? 'response' : url.host, adapter, asks },
    client: new FetchClient(async () => source),
    request: { method: 'POST', url, headers: [], body: request?.sent },
    conversion: request?.conversion,
  }
  const outlet = new ResponseOutlet()
  const exchange = new Exchange(again => (again === undefined ? attempt : undefined), outlet, {
    ...{ hold: 'frame', wants, fallback: adapter, budgets, limits, redact },
    subject: { id: new RequestContext().requestId, model: request?.model },
    ownHeaders: () => tellLosses(request),
    mapEvents: mapEvents && (() => mapEvents),
    observer: { onEnd: (_report, failure) => failed.resolve(failure) },
  })
  const report = exchange.start()
  if (signal !== undefined) followSignal(signal, outlet, report)
  report.then(settings.onReport)
  return { response: outlet.response, report, failure: failed.promise }
}

/** Whether a response is a stream, by its type: what is not JSON is one. */
export function isStream({ headers }: Response): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('application/json') !== true
}

/** What an upstream gives: what it was asked for, else what comes. */
export async function wishOf(source: ResponseSource, request: ConvertedRequest | undefined): Promise<Wish> {
  const streams = request?.asksStream ?? (await Promise.resolve(source).then(isStream, () => true))
  return streams ? 'stream' : 'whole'
}

/** Responses of other makes than the runtime's own are responses too. */
export function isResponse(value: object): value is Response {
  return typeof (value as Partial<Response>).arrayBuffer === 'function'
}

function followSignal(signal: AbortSignal, outlet: ResponseOutlet, report: Promise<StreamReport>): void {
  const leave = () => outlet.abort(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  report.then(() => signal.removeEventListener('abort', leave))
}

function tellLosses(request: ConvertedRequest | undefined): RawHeaders {
  const told = lossesHeader(request?.losses ?? [])
  return told === undefined ? [] : ['x-millrace-losses', told]
}

/** Where an answer comes from that says nothing of it: `.invalid` is nowhere (RFC 2606). */
export const NOWHERE: URL = new URL('http://response.invalid')

function urlOf(source: ResponseSource, request: ConvertedRequest | undefined): URL {
  const fetched = isResponse(source) ? source.url : ''
  return new URL(fetched || request?.request.url || NOWHERE)
}
