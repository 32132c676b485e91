import { concat, fromUtf8 } from '../bytes.ts'
import type { Failure } from '../errors.ts'
import { unfoldMessage } from '../model/index.ts'
import { type AnswerOptions, encodeBody, JSON_TYPE } from './answer.ts'
import { BodyReader, isFailure } from './body-reader.ts'
import { EventReading } from './event-reading.ts'
import { mappedMessage } from './mapped-events.ts'
import type { Emit, Seen } from './stage.ts'
import { faultOf } from './stream-reader.ts'

/** A whole body over a whole body; within one dialect it stays as it is while nobody changes its events. */
export class ConvertWholeStage {
  readonly seen: Seen
  readonly changesBody = true
  readonly mediaType: string = JSON_TYPE
  /** Bytes of the body, once it is there. */
  length: number | undefined
  readonly #options: AnswerOptions
  readonly #body: BodyReader
  readonly #noted: EventReading

  constructor(options: AnswerOptions) {
    this.#options = options
    this.#body = new BodyReader(options)
    this.#noted = new EventReading(options)
    this.seen = { reading: this.#noted.reading, isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array): void {
    this.seen.reading.failure ??= this.#body.push(chunk)
  }

  end(out: Emit): void {
    const body = this.#convert()
    this.release()
    const { seen } = this
    if (body instanceof Uint8Array) {
      seen.reading.isFinished = seen.reading.isTerminal = seen.isReady = true
      this.length = body.length
      out(body)
      return
    }
    seen.reading.failure ??= body
    seen.reading.progress = 0
  }

  /** Nothing has gone out: the error is the exchange's to tell. */
  fail(): void {
    this.release()
  }

  release(): void {
    this.#body.release()
  }

  #convert(): Uint8Array | Failure {
    const { bytes } = this.#body
    const read = this.#body.read()
    if (isFailure(read)) return read
    try {
      unfoldMessage(read, event => {
        this.#noted.note(event)
        this.#options.observe?.(event)
      })
      const mapped = mappedMessage(read, this.#options)
      if (isFailure(mapped)) return mapped
      this.#options.onMessage?.(mapped)
      if (this.#noted.remembers) unfoldMessage(mapped, event => this.#noted.noteSent(event))
      const { client, upstream, model } = this.#options
      if (client.name !== upstream.name) return encodeBody(mapped, this.#options)
      if (mapped === read && model === undefined) return bytes
      const body = encodeBody(mapped, this.#options)
      return bytes[0] === OPENING_BRACKET ? asArray(body) : body
    } catch (error) {
      return faultOf(error)
    }
  }
}

const OPENING_BRACKET = 0x5b

/** Who asked for the items of an array gets one. */
function asArray(body: Uint8Array): Uint8Array {
  return concat([fromUtf8('['), body, fromUtf8(']')])
}
