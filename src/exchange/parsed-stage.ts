import { fromUtf8, GrowingBytes, toUtf8 } from '../bytes.ts'
import type { Reading } from '../dialects/index.ts'
import { failure, messageOf } from '../errors.ts'
import type { Emit, Seen, Stage } from './stage.ts'

export interface ParsedStageOptions {
  /** Reads the stream beside, so that its end, its errors and its usage are known. */
  readonly meter: Stage
  /** Makes a whole answer of the text of the whole stream; what it throws fails the exchange. */
  readonly parse: (text: string) => unknown
  /** Turns the whole answer into the client's; undefined: it goes out as it is. */
  readonly whole: Stage | undefined
  readonly maxBytes: number
}

/** A whole answer over a stream, made by somebody else's parser. */
export class ParsedStage implements Stage {
  readonly seen: Seen & { reading: Reading }
  readonly changesBody = true
  readonly mediaType = 'application/json'
  length: number | undefined
  readonly #options: ParsedStageOptions
  readonly #kept = new GrowingBytes()

  constructor(options: ParsedStageOptions) {
    this.#options = options
    this.seen = { reading: options.meter.seen.reading, isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array): void {
    const { meter, maxBytes } = this.#options
    meter.push(chunk, () => {})
    if (this.#kept.length + chunk.length <= maxBytes) this.#kept.push(chunk)
    else this.#fail(`Cannot hold the answer: over the limit \`messageBytes\` of ${maxBytes} bytes`)
  }

  end(out: Emit<Uint8Array>): void {
    const { meter, whole, parse } = this.#options
    meter.end(() => {})
    const { reading } = this.seen
    if (reading.failure !== undefined) reading.progress = 0
    if (reading.failure !== undefined || !(reading.isFinished || reading.isTerminal)) return
    try {
      const body = fromUtf8(JSON.stringify(parse(toUtf8(this.#kept.bytes))))
      if (whole === undefined) this.#give(body, out)
      else {
        whole.push(body, () => {})
        whole.end(converted => this.#give(converted, out))
        if (whole.seen.reading.failure !== undefined) this.#fail(whole.seen.reading.failure.message)
      }
    } catch (error) {
      this.#fail(`Cannot parse the stream: ${messageOf(error)}`)
    }
  }

  /** Nothing has gone out: the error is the exchange's to tell. */
  fail(): void {
    this.release()
  }

  release(): void {
    this.#kept.clear()
    this.#options.whole?.release?.()
  }

  #give(body: Uint8Array, out: Emit<Uint8Array>): void {
    this.length = body.length
    this.seen.isReady = true
    out(body)
  }

  #fail(message: string): void {
    const { reading } = this.seen
    this.release()
    reading.failure ??= failure('upstream', message)
    reading.progress = 0
    reading.isFinished = reading.isTerminal = false
  }
}
