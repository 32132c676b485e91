import { bridgeCustomTools, type Reading, type StreamDecoder } from '../dialects/index.ts'
import { type Failure, failure, LimitError, messageOf } from '../errors.ts'
import type { StreamEvent } from '../model/index.ts'
import { SseDecoder, type SseEvent } from '../sse/index.ts'
import type { AnswerOptions } from './answer.ts'
import { EventReading } from './event-reading.ts'
import { crossingFailure } from './failure.ts'
import { MappedEvents } from './mapped-events.ts'

/**
 * Reads an upstream's stream into neutral events and keeps the reading of it.
 *
 * Never throws: a broken limit, and a fault of whoever takes the events, become the answer's failure.
 */
export class StreamReader {
  readonly reading: Reading
  readonly #noted: EventReading
  readonly #sse: SseDecoder
  readonly #decoder: StreamDecoder
  readonly #mapped: MappedEvents
  readonly #take: (event: StreamEvent) => void
  readonly #options: AnswerOptions
  /** Nothing that comes is read any more. */
  #isDeaf = false
  /** Nobody takes the events any more. */
  #isMute = false

  constructor(options: AnswerOptions, take: (event: StreamEvent) => void) {
    const { upstream, issuer = '', eventBytes } = options
    this.#noted = new EventReading(options)
    this.reading = this.#noted.reading
    this.#sse = new SseDecoder({ maxEventBytes: eventBytes })
    this.#decoder = upstream.codec.createStreamDecoder({ issuer }, this.#read)
    const { client, request } = options
    this.#mapped = new MappedEvents(options, event => {
      this.#noted.noteSent(event)
      take(event)
    })
    // Within one dialect a call is what it was.
    this.#take = client.name === upstream.name ? this.#mapped.push : bridgeCustomTools(request, this.#mapped.push)
    this.#options = options
  }

  push(chunk: Uint8Array): void {
    if (this.#isDeaf) return
    try {
      this.#sse.push(chunk, this.#decode)
    } catch (error) {
      this.#breakOff(error)
    }
    this.#follow()
  }

  /**
   * The upstream's bytes have ended. What was held is read; an answer that is not finished stays so, for
   * `fail` to say why.
   */
  end(): void {
    if (this.#isDeaf) return
    try {
      this.#sse.end(this.#decode)
      if (this.#decoder.isFinished || this.#decoder.isTerminal) this.#decoder.end()
    } catch (error) {
      this.#breakOff(error)
    }
    this.#isDeaf = true
    this.#follow()
  }

  /** The answer has failed: what is open is closed, then the error is told, unless all is over already. */
  fail(failed: Failure): void {
    this.#isDeaf = true
    try {
      this.#decoder.fail(failed)
    } catch (error) {
      this.reading.failure ??= faultOf(error)
    }
    this.reading.failure ??= failed
    this.#follow()
  }

  /** Nothing more will come: the reading gets what the decoder has not looked at yet, and nobody is told it. */
  catchUp(): void {
    this.#isDeaf = this.#isMute = true
    try {
      this.#decoder.catchUp?.()
    } catch (error) {
      this.reading.failure ??= faultOf(error)
    }
  }

  /** Whoever takes the events can take no more: the answer has failed. */
  stop(failed: Failure): void {
    this.#isDeaf = true
    this.reading.failure ??= failed
  }

  readonly #decode = (event: SseEvent): void => {
    if (this.#isDeaf) return
    this.reading.events++
    this.#decoder.push(event)
  }

  readonly #read = (event: StreamEvent): void => {
    const told = event.type === 'error' ? this.#crossing(event) : event
    this.#noted.note(told)
    if (this.#isMute) return
    this.#options.observe?.(told)
    this.#take(told)
    if (this.#mapped.failure === undefined) return
    this.stop(this.#mapped.failure)
    // It can still become a status.
    if (!this.#mapped.hasTold) this.reading.progress = 0
  }

  #crossing(event: StreamEvent & { type: 'error' }): StreamEvent {
    const failed = crossingFailure(event.failure, this.#options)
    return failed === event.failure ? event : { type: 'error', failure: failed }
  }

  #breakOff(thrown: unknown): void {
    this.fail(thrown instanceof LimitError ? failure('upstream', thrown.message) : faultOf(thrown))
  }

  #follow(): void {
    const { reading } = this
    const isSound = reading.failure === undefined
    reading.isFinished = isSound && this.#decoder.isFinished
    reading.isTerminal = isSound && this.#decoder.isTerminal
  }
}

/** A codec that throws in the middle of an answer is at fault, whatever the upstream has sent. */
export function faultOf(thrown: unknown): Failure {
  return failure('upstream', `Cannot convert the answer: ${messageOf(thrown)}`, { status: 500 })
}
