import { fromUtf8 } from '../bytes.ts'
import type { Dialect, Reading, StreamEncoder } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import type { StreamEvent } from '../model/index.ts'
import { type AnswerOptions, createEncoder } from './answer.ts'
import { StreamReader } from './stream-reader.ts'

export type Emit = (bytes: Uint8Array) => void

/** What a stage of this room has seen: the exchange reads it after each call. */
export interface Seen {
  readonly reading: Reading
  /** There is something to answer with. */
  isReady: boolean
  readonly midFrame: false
}

/** A stream over a stream: decoded, and written in the client's dialect. One emission a push. */
export class ConvertStage {
  readonly seen: Seen
  readonly changesBody = true
  readonly mediaType: string
  readonly #client: Dialect
  readonly #reader: StreamReader
  readonly #encoder: StreamEncoder
  #text = ''
  /** Whoever parses an array as a whole may miss the item that tells an error. */
  readonly cutsFailures: boolean
  #isErrorTold = false

  constructor(options: AnswerOptions) {
    this.#client = options.client
    this.#reader = new StreamReader(options, this.#take)
    const { encoder, mediaType } = createEncoder(options, this.#write)
    this.#encoder = encoder
    this.mediaType = mediaType
    this.cutsFailures = options.framing === 'array'
    this.seen = { reading: this.#reader.reading, isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array, out: Emit): void {
    this.#reader.push(chunk)
    this.#flush(out)
  }

  end(out: Emit): void {
    this.#reader.end()
    this.#flush(out)
  }

  fail(failed: Failure, out: Emit): void {
    this.#reader.fail(failed)
    this.#flush(out)
  }

  catchUp(): void {
    this.#reader.catchUp()
  }

  readonly #take = (event: StreamEvent): void => {
    const { length } = this.#text
    this.#encoder.push(event)
    if (event.type === 'error') this.#isErrorTold = true
    // A ping opens no client: until something is said, an error can be a status.
    else if (event.type !== 'ping') this.seen.isReady ||= this.#text.length > length
  }

  readonly #write = (text: string): void => {
    this.#text += text
  }

  #flush(out: Emit): void {
    const { reading } = this.seen
    if (reading.failure !== undefined && !this.#isErrorTold) {
      // The codec itself broke: nothing is known of what is open.
      this.#isErrorTold = true
      // In an array nothing can be said at an unknown place: the cut itself is seen.
      if (!this.cutsFailures)
        this.#text += this.#client.failure.encodeInStream(reading.failure, undefined, reading.answerId)
    }
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    out(fromUtf8(text))
  }
}
