import { GrowingBytes } from '../bytes.ts'
import { emptyReading, type Reading } from '../dialects/index.ts'
import { type Failure, failure, messageOf } from '../errors.ts'
import { type RawHeaders, responseHeaders } from '../http/index.ts'
import { typedHeaders } from './client-head.ts'
import type { Emit, Seen, Stage } from './stage.ts'

/** Headers and body of a request or of a whole answer. */
export interface Payload {
  /** Its headers. */
  readonly headers: RawHeaders
  /** All of its body. */
  readonly body: Uint8Array
}

/** Changes a whole answer. Synchronous; what it throws fails the exchange. */
export type AnswerTransformer = (answer: Payload) => Payload

/** The largest whole answer that is held to be changed, in bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** Holds back what another stage makes of a whole answer, and lets it be changed before it goes out. */
export class TransformStage implements Stage {
  readonly seen: Seen & { reading: Reading }
  headers: RawHeaders | undefined
  readonly #inner: Stage
  readonly #upstreamHeaders: RawHeaders
  readonly #transform: AnswerTransformer
  readonly #kept = new GrowingBytes()
  #isTooLarge = false

  constructor(inner: Stage, upstreamHeaders: RawHeaders, transform: AnswerTransformer) {
    this.#inner = inner
    this.#upstreamHeaders = upstreamHeaders
    this.#transform = transform
    this.seen = { reading: emptyReading(), isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array): void {
    this.#inner.push(chunk, this.#keep)
    this.seen.reading = this.#inner.seen.reading
    if (!this.#isTooLarge) return
    this.#kept.clear()
    this.#fail(failure('upstream', `Cannot change the answer: it is larger than ${MAX_ANSWER_BYTES} bytes`))
  }

  end(out: Emit<Uint8Array>): void {
    this.#inner.end(this.#keep)
    this.seen.isReady = true
    const { reading } = this.#inner.seen
    this.seen.reading = reading
    // An error is no answer, and neither is half of one: what becomes of them the exchange decides.
    if (reading.isTerminal && reading.failure === undefined) this.#change(this.#kept.bytes, out)
    else out(this.#kept.bytes)
  }

  fail(failed: Failure, out: Emit<Uint8Array>): void {
    this.#inner.fail(failed, out)
  }

  catchUp(): void {
    this.#inner.catchUp?.()
  }

  keptText(): string | undefined {
    return this.#inner.keptText?.()
  }

  release(): void {
    this.#kept.clear()
    this.#inner.release?.()
  }

  #change(body: Uint8Array, out: Emit<Uint8Array>): void {
    try {
      const changed = this.#transform({ headers: this.#innerHeaders, body })
      const crossing = responseHeaders(changed.headers, { bodyChanges: true })
      this.headers = [...crossing, 'content-length', String(changed.body.length)]
      out(changed.body)
    } catch (error) {
      this.#fail(failure('upstream', `Cannot change the answer: ${messageOf(error)}`, { status: 500 }))
    }
  }

  /** Those of the body as it is by now. */
  get #innerHeaders(): RawHeaders {
    const { mediaType, length } = this.#inner
    return mediaType === undefined ? this.#upstreamHeaders : typedHeaders(this.#upstreamHeaders, mediaType, length)
  }

  #fail(failed: Failure): void {
    this.seen.reading = { ...emptyReading(), failure: failed }
  }

  readonly #keep = (bytes: Uint8Array): void => {
    this.#isTooLarge ||= this.#kept.length + bytes.length > MAX_ANSWER_BYTES
    if (!this.#isTooLarge) this.#kept.push(bytes)
  }
}
