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

/** An answer that has come, through the machine of every exchange: its source is an upstream like others. */
export function answerWith(source: Response, adapter: Adapter, wants: Wish, settings: AnswerSettings): Answer {
  const { request, signal, budgets, limits, redact } = settings
  const failed = Promise.withResolvers<Failure | undefined>()
  const attempt: Attempt = {
    upstream: hostOf(source, request),
    client: new FetchClient(async () => source),
    request: { method: 'POST', url: urlOf(source, request), headers: [], body: request?.sent },
    adapter,
    asks: request?.asksStream === true || isStream(source) ? 'stream' : 'whole',
    conversion: request?.conversion,
  }
  const outlet = new ResponseOutlet()
  const exchange = new Exchange(again => (again === undefined ? attempt : undefined), outlet, {
    ...{ hold: 'frame', wants, fallback: adapter, budgets, limits, redact },
    subject: { id: new RequestContext().requestId, model: request?.model },
    ownHeaders: () => tellLosses(request),
    observer: { onEnd: (_report, failure) => failed.resolve(failure) },
  })
  const report = exchange.start()
  if (signal !== undefined) followSignal(signal, outlet, report)
  report.then(settings.onReport)
  return { response: outlet.response, report, failure: failed.promise }
}

/** Whether a response is a stream, by its type; what is not JSON is one. */
export function isStream({ headers }: Response): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('application/json') !== true
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

/** Where an answer that nobody has fetched comes from: `.invalid` is nowhere (RFC 2606). */
const NOWHERE = 'http://response.invalid'

function urlOf({ url }: Response, request: ConvertedRequest | undefined): URL {
  return new URL(url || request?.request.url || NOWHERE)
}

function hostOf(source: Response, request: ConvertedRequest | undefined): string {
  const { host } = urlOf(source, request)
  return host === new URL(NOWHERE).host ? 'response' : host
}
