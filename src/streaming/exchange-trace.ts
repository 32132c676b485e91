import { GrowingBytes } from '../bytes.ts'
import { getHeader, type Head, type UpstreamRequest } from '../http/index.ts'
import type { RequestContext, RequestTracer, StreamReport } from '../observe/index.ts'

/** What a tracer is shown of a body that is no stream, in bytes; of a longer one the beginning. */
const MAX_BODY_BYTES = 1024 * 1024

/**
 * Shows one exchange to a tracer: a stream as it comes, any other answer in one piece. A tracer that
 * throws is not asked again: what it does not see must not hurt the stream.
 */
export class ExchangeTrace {
  #tracer: RequestTracer | undefined
  readonly #context: RequestContext
  /** An answer that is no stream, until it is over. */
  #whole: { readonly head: Head; readonly body: GrowingBytes } | undefined

  constructor(tracer: RequestTracer | undefined, context: RequestContext) {
    this.#tracer = tracer
    this.#context = context
  }

  request(request: UpstreamRequest): void {
    this.#ask((tracer, id) => {
      if (tracer.shouldTrace(request)) tracer.traceRequest(id, request)
      else this.#tracer = undefined
    })
  }

  head(head: Head): void {
    this.#tellWhole()
    if (isStream(head)) this.#ask((tracer, id) => tracer.traceStreamStart(id, head))
    else this.#whole = { head, body: new GrowingBytes() }
  }

  chunk(chunk: Uint8Array): void {
    if (this.#tracer === undefined) return
    if (this.#whole === undefined) this.#ask((tracer, id) => tracer.traceStreamChunk(id, chunk))
    else {
      const { body } = this.#whole
      body.push(chunk.subarray(0, Math.max(0, MAX_BODY_BYTES - body.length)))
    }
  }

  end(report: StreamReport): void {
    this.#tellWhole()
    this.#ask(tracer => tracer.traceStreamComplete(report))
  }

  #tellWhole(): void {
    const whole = this.#whole
    this.#whole = undefined
    if (whole !== undefined) this.#ask((tracer, id) => tracer.traceResponse(id, whole.head, whole.body.bytes))
  }

  #ask(ask: (tracer: RequestTracer, id: string) => void): void {
    try {
      if (this.#tracer !== undefined) ask(this.#tracer, this.#context.requestId)
    } catch (error) {
      this.#tracer = undefined
      this.#context.metadata.set('tracerError', error)
    }
  }
}

/** An event stream without a content type is one all the same. */
function isStream({ status, headers }: Head): boolean {
  const type = getHeader(headers, 'content-type')
  return status < 300 && (type === undefined || type.toLowerCase().startsWith('text/event-stream'))
}
