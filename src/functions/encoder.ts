import { fromUtf8 } from '../bytes.ts'
import { createEncoder as createStreamEncoder } from '../convert/index.ts'
import type { DialectName, StreamEncoder } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { type Loss, Losses, type StreamEvent } from '../model/index.ts'
import type { ConvertedRequest } from './convert-request.ts'
import { spoken } from './spoken.ts'

/** What an encoder may need to know of its client. */
export interface EncoderOptions {
  /** The request that is answered, for what the client asked of the stream: chat sends usage only when asked. */
  readonly request?: ConvertedRequest
  /** The dialect that the events were decoded from; what it can say itself it gets back as it was. Default: another. */
  readonly from?: DialectName
  /** The model to name. Default: the one that the events name. */
  readonly model?: string
  /** Makes an id that starts with `prefix` for what the events give none. Default: 20 random letters and digits. */
  readonly createId?: (prefix: string) => string
  /** The time, in seconds since 1970, of an answer that does not say when it was made. Default: the clock. */
  readonly now?: () => number
}

/**
 * Writes neutral events as the bytes of one stream. Made by {@link createEncoder}.
 *
 * Takes any sequence that keeps the grammar of {@link StreamEvent}, in pieces of any kind, and writes no order
 * that the dialect's clients refuse.
 */
export class AnswerEncoder {
  /** The media type of what is written: `text/event-stream`, or JSON where a Gemini client wants an array. */
  readonly mediaType: string
  readonly #encoder: StreamEncoder
  readonly #losses = new Losses()
  #text = ''
  #isOver = false

  constructor(dialect: DialectName, { request, from, ...options }: EncoderOptions = {}) {
    const { request: asked, framing, remember } = request?.conversion ?? {}
    const { encoder, mediaType } = createStreamEncoder(
      {
        ...{ client: spoken(dialect), upstream: from && spoken(from), losses: this.#losses },
        ...{ request: asked, framing, remember },
        ...options,
      },
      text => {
        this.#text += text
      },
    )
    this.#encoder = encoder
    this.mediaType = mediaType
  }

  /** What the dialect could not say so far, each once. */
  get losses(): readonly Loss[] {
    return this.#losses.all
  }

  /**
   * Writes one event. What comes after a `message-end` or an `error` is ignored.
   * @param emit called at most once, during the call; an event may be held back for a later one
   */
  push(event: StreamEvent, emit: (bytes: Uint8Array) => void): void {
    if (this.#isOver) return
    this.#isOver = event.type === 'message-end' || event.type === 'error'
    this.#encoder.push(event)
    this.#flush(emit)
  }

  /** The events have ended; an answer without its end is told as an error, `truncated`. */
  end(emit: (bytes: Uint8Array) => void): void {
    this.push({ type: 'error', failure: failure('truncated', 'Stream was cut before its end') }, emit)
  }

  #flush(emit: (bytes: Uint8Array) => void): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    emit(fromUtf8(text))
  }
}

/**
 * An encoder of one stream of a dialect: neutral events in, bytes out.
 *
 * ```ts
 * const decoder = createDecoder('chat')
 * const encoder = createEncoder('messages')
 * const convert = new TransformStream<Uint8Array, Uint8Array>({
 *   transform: (chunk, out) => decoder.push(chunk, event => encoder.push(event, bytes => out.enqueue(bytes))),
 *   flush: out => decoder.end(event => encoder.push(event, bytes => out.enqueue(bytes))),
 * })
 * ```
 *
 * @throws {MillraceError} `bad-request` when there is no dialect of that name
 */
export function createEncoder(dialect: DialectName, options?: EncoderOptions): AnswerEncoder {
  return new AnswerEncoder(dialect, options)
}
