import { fromUtf8 } from '../bytes.ts'
import type { StreamEncoder } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import { type Message, unfoldMessage } from '../model/index.ts'
import { type AnswerOptions, createEncoder } from './answer.ts'
import { BodyReader, isFailure } from './body-reader.ts'
import { EventReading } from './event-reading.ts'
import { MappedEvents } from './mapped-events.ts'
import type { Emit, Seen } from './stage.ts'
import { faultOf } from './stream-reader.ts'

/** A stream over a whole body: read when it has ended, and told as the stream that says the same. */
export class ExpandStage {
  readonly seen: Seen
  readonly changesBody = true
  readonly mediaType: string
  readonly #options: AnswerOptions
  readonly #encoder: StreamEncoder
  #text = ''
  readonly #body: BodyReader
  readonly #noted: EventReading

  constructor(options: AnswerOptions) {
    this.#options = options
    this.#body = new BodyReader(options)
    this.#noted = new EventReading(options)
    const { encoder, mediaType } = createEncoder(options, text => {
      this.#text += text
    })
    this.#encoder = encoder
    this.mediaType = mediaType
    this.seen = { reading: this.#noted.reading, isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array): void {
    this.seen.reading.failure ??= this.#body.push(chunk)
  }

  end(out: Emit): void {
    const read = this.#body.read()
    this.release()
    if (isFailure(read)) this.#fail(read)
    else this.#unfold(read, out)
  }

  /** The client may have been given an early head, and waits for events. */
  fail(failed: Failure, out: Emit): void {
    this.release()
    this.#text = ''
    this.#encoder.push({ type: 'error', failure: failed })
    out(fromUtf8(this.#text))
  }

  release(): void {
    this.#body.release()
  }

  #unfold(message: Message, out: Emit): void {
    try {
      const mapped = new MappedEvents(this.#options, event => {
        this.#noted.noteSent(event)
        this.#encoder.push(event)
      })
      unfoldMessage(message, event => {
        this.#noted.note(event)
        this.#options.observe?.(event)
        mapped.push(event)
      })
      if (mapped.failure !== undefined) {
        this.#fail(mapped.failure)
        return
      }
    } catch (error) {
      this.#fail(faultOf(error))
      return
    }
    const { seen } = this
    seen.reading.isFinished = seen.reading.isTerminal = seen.isReady = true
    out(fromUtf8(this.#text))
  }

  /** Nothing of it has gone out: it can still become a status. */
  #fail(failed: Failure): void {
    this.seen.reading.failure ??= failed
    this.seen.reading.progress = 0
  }
}
