import { concat, copy } from '../bytes.ts'
import { type Failure, failure } from '../errors.ts'
import {
  authority,
  type ContentCoding,
  decodedHeaders,
  type Head,
  type RawHeaders,
  readContentCoding,
  type UpstreamHandler,
} from '../http/index.ts'
import { BodyDecoder } from './body-decoder.ts'

/** What brings an answer. */
export interface AnswerSource {
  pauseReading(): void
  resumeReading(): void
  abort(): void
}

/** Fields that an answer's head may hold. */
const MAX_HEADER_FIELDS = 200

/**
 * Gives an answer on to its handler: head, body, end or failure, in this order.
 *
 * What comes while the handler has paused is kept; a pause or an abort between two of them is obeyed
 * at once. A content coding is taken off on the way.
 */
export class AnswerDelivery {
  readonly #url: URL
  readonly #handler: UpstreamHandler
  readonly #source: AnswerSource
  #decoder: BodyDecoder | undefined
  #head: Head | undefined
  #coding: ContentCoding | undefined
  #chunks: Uint8Array[] = []
  #ending: Failure | 'end' | undefined
  #isPaused = false
  #isOver = false
  #isScheduled = false

  constructor(url: URL, handler: UpstreamHandler, source: AnswerSource) {
    this.#url = url
    this.#handler = handler
    this.#source = source
  }

  /** A connection has the request. */
  connected(): void {
    if (!this.#isOver) this.#handler.onConnect?.()
  }

  /** True when nothing is given on any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** True when all that will come has come, though it may not have been given on yet. */
  get hasEnding(): boolean {
    return this.#ending !== undefined
  }

  /** @returns why this head cannot be given on */
  takeHead(status: number, headers: RawHeaders): Failure | undefined {
    if (headers.length > 2 * MAX_HEADER_FIELDS) return tooManyFields(this.#url)
    const coding = readContentCoding(headers)
    if (typeof coding === 'object') return coding
    this.#head =
      coding === undefined ? { status, headers } : { status, headers: decodedHeaders(headers), decoded: coding }
    this.#coding = coding
    return undefined
  }

  /** Bytes that stay as they are until they have been given on. */
  takeBody(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  /** A failure goes before an end, and a first failure before a second. */
  takeEnding(ending: Failure | 'end'): void {
    if (this.#ending === undefined || this.#ending === 'end') this.#ending = ending
  }

  /** Gives on what has come, until the handler pauses or aborts; not before what is scheduled. */
  deliver(): void {
    if (!this.#isScheduled) this.#giveOn()
  }

  /** Gives on what has come in a turn of its own. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(AnswerDelivery.#giveOnScheduled, this)
  }

  /** What is not given on yet becomes ours: the memory it lies in will be used for something else. */
  keepBody(): void {
    if (this.#chunks.length > 0) this.#chunks = this.#isOver ? [] : [copy(concat(this.#chunks))]
  }

  pause(): void {
    if (this.#decoder === undefined) this.#pauseSource()
    else this.#decoder.pause()
  }

  resume(): void {
    if (this.#decoder === undefined) this.#resumeSource()
    else this.#decoder.resume()
  }

  /** Nothing is given on any more. */
  stop(): void {
    this.#isOver = true
    this.#decoder?.stop()
  }

  static #giveOnScheduled(delivery: AnswerDelivery): void {
    delivery.#isScheduled = false
    delivery.#giveOn()
  }

  #giveOn(): void {
    if (this.#head !== undefined && this.#isWanted()) this.#deliverHead(this.#head)
    if (this.#chunks.length > 0 && this.#isWanted()) this.#deliverBody(this.#chunks)
    if (this.#ending !== undefined && this.#isWanted()) this.#deliverEnding(this.#ending)
  }

  #isWanted(): boolean {
    return !this.#isPaused && !this.#isOver
  }

  #deliverHead(head: Head): void {
    this.#head = undefined
    this.#handler.onHead(head)
  }

  #deliverBody(chunks: readonly Uint8Array[]): void {
    this.#chunks = []
    const bytes = concat(chunks)
    if (this.#coding === undefined) this.#handler.onData(bytes)
    else {
      this.#decoder ??= this.#createDecoder(this.#coding)
      // It decodes later.
      this.#decoder.onData(copy(bytes))
    }
  }

  #deliverEnding(ending: Failure | 'end'): void {
    this.#isOver = true
    const receiver = this.#decoder ?? this.#handler
    if (ending === 'end') receiver.onEnd()
    else receiver.onError(ending)
  }

  /** From here on what the handler asks of us is asked of the decoder, and what the decoder asks, of the source. */
  #createDecoder(coding: ContentCoding): BodyDecoder {
    return new BodyDecoder(coding, this.#handler, {
      pause: () => this.#pauseSource(),
      resume: () => this.#resumeSource(),
      abort: () => this.#source.abort(),
    })
  }

  #pauseSource(): void {
    this.#isPaused = true
    this.#source.pauseReading()
  }

  #resumeSource(): void {
    this.#isPaused = false
    this.#source.resumeReading()
  }
}

function tooManyFields(url: URL): Failure {
  return failure('upstream', `Cannot read from ${authority(url)}: its head has more than ${MAX_HEADER_FIELDS} fields`)
}
