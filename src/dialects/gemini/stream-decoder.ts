import type { Failure } from '../../errors.ts'
import type { StreamEvent } from '../../model/index.ts'
import type { SseEvent } from '../../sse/index.ts'
import type { DecodeAnswerContext, Emit, StreamDecoder } from '../codec.ts'
import { objectOf, parseJson, type Unread } from '../value.ts'
import { AnswerReader } from './answer-reader.ts'
import { parseText } from './part.ts'
import { PlainChunks } from './plain-chunks.ts'
import type { GeminiChunk } from './wire.ts'

/** Reads a stream of chunks. It has no terminal event: only its end tells that nothing changes any more. */
class GeminiStreamDecoder implements StreamDecoder {
  readonly #reader: AnswerReader
  /** What is no chunk and came before the first one. */
  readonly #early: Unknown[] = []
  readonly #plain = new PlainChunks()
  /** The last plain chunk, whose counts have not been read. */
  #last: string | undefined

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
    const text = this.#plain.read(data)
    if (text === undefined) this.#read(event, data)
    else {
      const { choice, isThought } = this.#plain.learned
      this.#reader.readPlain(choice, isThought, text)
      this.#last = data
    }
  }

  catchUp(): void {
    this.#readCounts()
    if (!this.#reader.hasEnded) this.#reader.tellUsage()
  }

  end(): void {
    this.#readCounts()
    this.#reader.end()
  }

  fail(failure: Failure): void {
    this.#readCounts()
    this.#reader.fail(failure)
  }

  #read(event: string | undefined, data: string): void {
    this.#readCounts()
    // Arguments may hold numbers that doubles do not; everything else is read the fast way.
    const chunk = objectOf(data.includes('"functionCall"') ? parseText(data) : parseJson(data))
    if (chunk === undefined) {
      this.#readUnknown({ event, data })
      return
    }
    this.#reader.read(chunk)
    this.#plain.learn(data, chunk)
    if (this.#early.length > 0 && this.#reader.hasStarted)
      for (const early of this.#early.splice(0)) this.#readUnknown(early)
  }

  #readUnknown(unknown: Unknown): void {
    if (this.#reader.hasStarted) this.#reader.readUnknown(unknown.event, unknown.data)
    else if (this.#early.length < MAX_EARLY) this.#early.push(unknown)
  }

  /** Of the counts in plain chunks the last ones are read, when they matter. */
  #readCounts(): void {
    if (this.#last === undefined) return
    const chunk: Unread<GeminiChunk> = objectOf(parseJson(this.#last)) ?? {}
    this.#last = undefined
    if (chunk.usageMetadata !== undefined) this.#reader.readUsage(chunk.usageMetadata)
  }
}

interface Unknown {
  readonly event: string | undefined
  readonly data: string
}

const MAX_EARLY = 100

export function createStreamDecoder(context: DecodeAnswerContext, emit: Emit<StreamEvent>): StreamDecoder {
  return new GeminiStreamDecoder(context, emit)
}
