import { toUtf8 } from '../bytes.ts'
import type { Head, UpstreamRequest } from '../http/index.ts'
import { oneLine, type Redactor } from '../redact.ts'
import type { StreamReport } from './report.ts'
import type { RequestTracer } from './tracer.ts'

export interface LineTracerOptions {
  /** Takes secrets out of everything that is shown. */
  readonly redactor: Redactor
  /** Shows prompts and answers, redacted. Default false: their sizes only. */
  readonly includeBodies?: boolean
}

/** Makes one line of JSON of everything it is told. */
export abstract class LineTracer implements RequestTracer {
  readonly #redactor: Redactor
  readonly #includeBodies: boolean

  constructor({ redactor, includeBodies = false }: LineTracerOptions) {
    this.#redactor = redactor
    this.#includeBodies = includeBodies
  }

  protected abstract write(id: string, line: string): void

  shouldTrace(_request: UpstreamRequest): boolean {
    return true
  }

  traceRequest(id: string, { method, url, headers, body }: UpstreamRequest): void {
    const shown = { method, url: this.#redactor.url(url.href), headers: this.#redactor.headers(headers) }
    this.#trace('request', id, { ...shown, ...this.#shownBody(body) })
  }

  traceResponse(id: string, head: Head, body?: Uint8Array): void {
    this.#trace('response', id, { ...this.#shownHead(head), ...this.#shownBody(body) })
  }

  traceStreamStart(id: string, head: Head): void {
    this.#trace('stream-start', id, this.#shownHead(head))
  }

  traceStreamChunk(id: string, chunk: Uint8Array): void {
    this.#trace('stream-chunk', id, this.#shownBody(chunk))
  }

  traceStreamComplete(report: StreamReport): void {
    const error = report.error && { ...report.error, message: this.#redactor.text(report.error.message) }
    this.#trace('stream-complete', report.id, { exchange: { ...report, error } })
  }

  #trace(trace: string, id: string, shown: object): void {
    this.write(id, oneLine(JSON.stringify({ trace, id, ...shown })))
  }

  #shownHead({ status, headers }: Head): object {
    return { status, headers: this.#redactor.headers(headers) }
  }

  #shownBody(body: Uint8Array | undefined): object {
    if (body === undefined) return {}
    const bytes = body.length
    return this.#includeBodies ? { bytes, body: this.#redactor.text(toUtf8(body)) } : { bytes }
  }
}
