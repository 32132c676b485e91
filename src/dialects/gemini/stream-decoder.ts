import type { Failure } from '../../errors.ts'
import type { StreamEvent } from '../../model/index.ts'
import type { SseEvent } from '../../sse/index.ts'
import type { DecodeAnswerContext, Emit, StreamDecoder } from '../codec.ts'
import { objectOf, parseJson } from '../value.ts'
import { AnswerReader } from './answer-reader.ts'
import { parseText } from './part.ts'

/** Reads a stream of chunks. It has no terminal event: only its end tells that nothing changes any more. */
class GeminiStreamDecoder implements StreamDecoder {
  readonly #reader: AnswerReader
  /** What is no chunk and came before the first one. */
  #early: SseEvent[] = []

  constructor(context: DecodeAnswerContext, emit: Emit<StreamEvent>) {
    this.#reader = new AnswerReader(context, emit)
  }

  get isFinished(): boolean {
    return this.#reader.isFinished
  }

  get isTerminal(): boolean {
    return this.#reader.hasEnded
  }

  push({ event, data }: SseEvent): void {
    if (this.#reader.hasEnded) return
    // Arguments may hold numbers that doubles do not; everything else is read the fast way.
    const chunk = objectOf(data.includes('"functionCall"') ? parseText(data) : parseJson(data))
    if (chunk !== undefined) {
      this.#reader.read(chunk)
      for (const early of this.#early.length > 0 && this.#reader.hasStarted ? this.#early.splice(0) : [])
        this.#reader.readUnknown(early.event, early.data)
    } else if (this.#reader.hasStarted) this.#reader.readUnknown(event, data)
    else if (this.#early.length < MAX_EARLY) this.#early.push({ event, data } as SseEvent)
  }

  end(): void {
    this.#reader.end()
  }

  fail(failure: Failure): void {
    this.#reader.fail(failure)
  }
}

const MAX_EARLY = 100

export function createStreamDecoder(context: DecodeAnswerContext, emit: Emit<StreamEvent>): StreamDecoder {
  return new GeminiStreamDecoder(context, emit)
}
