import type { Dialect, StreamDecoder } from '../dialects/index.ts'
import { type Failure, LimitError } from '../errors.ts'
import { type StreamEvent, unfoldMessage } from '../model/index.ts'
import { SseDecoder } from '../sse/index.ts'
import type { AnswerOptions } from './answer.ts'
import { BodyReader, isFailure } from './body-reader.ts'

/** Tells the events of an answer that passes as it is. What cannot be read is not told. */
export interface EventTap {
  push(chunk: Uint8Array): void
  end(): void
  fail(failed: Failure): void
  release(): void
}

export interface EventTapOptions {
  readonly dialect: Dialect
  readonly issuer: string
  readonly observe: (event: StreamEvent) => void
  readonly eventBytes: number
}

export class StreamTap implements EventTap {
  readonly #sse: SseDecoder
  readonly #decoder: StreamDecoder
  #isOver = false

  constructor({ dialect, issuer, observe, eventBytes }: EventTapOptions) {
    this.#sse = new SseDecoder({ maxEventBytes: eventBytes })
    this.#decoder = dialect.codec.createStreamDecoder({ issuer }, observe)
  }

  push(chunk: Uint8Array): void {
    if (this.#isOver) return
    try {
      this.#sse.push(chunk, event => this.#decoder.push(event))
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      this.#isOver = true
    }
  }

  end(): void {
    if (this.#isOver) return
    this.#sse.end(event => this.#decoder.push(event))
    if (this.#decoder.isFinished || this.#decoder.isTerminal) this.#decoder.end()
  }

  fail(failed: Failure): void {
    this.#isOver = true
    this.#decoder.fail(failed)
  }

  release(): void {}
}

/** Holds the body until its end. */
export class BodyTap implements EventTap {
  readonly #body: BodyReader
  readonly #observe: (event: StreamEvent) => void

  constructor(options: AnswerOptions & Pick<EventTapOptions, 'observe'>) {
    this.#body = new BodyReader(options)
    this.#observe = options.observe
  }

  push(chunk: Uint8Array): void {
    this.#body.push(chunk)
  }

  end(): void {
    const read = this.#body.read()
    this.release()
    if (isFailure(read)) this.fail(read)
    else unfoldMessage(read, this.#observe)
  }

  fail(failed: Failure): void {
    this.release()
    this.#observe({ type: 'error', failure: failed })
  }

  release(): void {
    this.#body.release()
  }
}
