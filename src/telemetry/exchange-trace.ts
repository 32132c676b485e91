import type { RawHeaders } from '../http/index.ts'
import { withoutHeaders } from '../http/index.ts'
import { Fold, type Message, type Request, type StreamEvent } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { kindOfCall } from './conventions.ts'
import type { CallKind, ToldAttempt, ToldContent, ToldExchange } from './told.ts'
import { randomHex, TRACE_HEADERS, type TraceContext, traceHeaders } from './trace-context.ts'

/** What is known of the request that an exchange serves. */
export interface TracedRequest {
  /** Of HTTP. */
  readonly method: string
  /** Without its query. */
  readonly path: string
}

/** Characters of an answer that are kept for its content; the rest is left out. */
const MAX_ANSWER = 1024 * 1024

/** One exchange on its way through traces: its ids, and what was noted of it. */
export class ExchangeTrace {
  readonly #request: TracedRequest
  readonly #kind: CallKind
  readonly #context: TraceContext
  readonly #tell: (told: ToldExchange) => void
  readonly #spanId = randomHex(8)
  readonly #attempts: ToldAttempt[] = []
  /** Undefined: contents are nobody's business. */
  readonly #content: ContentRecord | undefined

  constructor(
    request: TracedRequest,
    context: TraceContext,
    { content, tell }: { readonly content: boolean; readonly tell: (told: ToldExchange) => void },
  ) {
    this.#request = request
    this.#kind = kindOfCall(request.path)
    this.#context = context
    this.#tell = tell
    if (content && context.isSampled && this.#kind === 'inference') this.#content = new ContentRecord()
  }

  /** Where prompt and answer are to be noted; undefined: nowhere. */
  get content(): ContentRecord | undefined {
    return this.#content
  }

  /**
   * An attempt is about to be sent.
   * @returns its headers, with the trace in place of what the client said of one
   */
  attempt(headers: RawHeaders, url: URL, isStream: boolean): RawHeaders {
    const spanId = randomHex(8)
    const { address, port } = addressOf(url)
    this.#attempts.push({ spanId, address, port, isStream })
    return [...withoutHeaders(headers, TRACE_HEADERS), ...traceHeaders(this.#context, spanId)]
  }

  /** It has ended. Once. */
  end(report: StreamReport): void {
    this.#tell({
      ...{
        ...this.#request,
        kind: this.#kind,
        report,
        trace: this.#context,
        spanId: this.#spanId,
        attempts: this.#attempts,
      },
      ...(this.#content && { content: this.#content.told() }),
    })
  }
}

/** Who is behind a URL. */
export function addressOf({ hostname, port, protocol }: URL): Pick<ToldAttempt, 'address' | 'port'> {
  const known = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  return { address: hostname.replace(/^\[(.*)\]$/, '$1'), port: known }
}

/** Keeps prompt and answer of one exchange, within bounds. */
export class ContentRecord {
  #request: Request | undefined
  #fold = new Fold()

  /** What is asked. */
  noteRequest(request: Request | undefined): void {
    this.#request = request
  }

  /** What is answered. */
  readonly noteEvent = (event: StreamEvent): void => {
    if (event.type === 'message-start') this.#fold = new Fold()
    if (this.#fold.textLength < MAX_ANSWER) this.#fold.push(event)
  }

  /** What there is to tell of it. */
  told(): ToldContent {
    const answer: Message = this.#fold.message
    return {
      ...(this.#request && { request: { instructions: this.#request.instructions, turns: this.#request.turns } }),
      ...(answer.candidates.length > 0 && { answer: { candidates: answer.candidates } }),
    }
  }
}
