import { toUtf8 } from '../bytes.ts'
import { Framer } from './framer.ts'

/** One event of an event stream. */
export interface SseEvent {
  /** The event's type; undefined is the standard's `message`. */
  readonly event?: string | undefined
  /** The data lines, joined with LF. */
  readonly data: string
  /**
   * The last event id, where this event, or a block without data before it, has set it; empty where it
   * was reset. Undefined: as it was before.
   */
  readonly id?: string | undefined
  /** The reconnection time in milliseconds, where this event or a block without data before it has set it. */
  readonly retry?: number | undefined
}

/** How a decoder takes what is not quite to the standard. */
export interface SseDecoderOptions {
  /** Largest event held in memory, in bytes, with its blank line. Default 8 MiB. */
  readonly maxEventBytes?: number
  /** To the letter of the standard: an event that never gets its blank line is discarded. Default false. */
  readonly strict?: boolean
}

/**
 * Splits the bytes of an event stream into events, as they arrive.
 *
 * Chunks may end anywhere, inside a character or between CR and LF. An event is emitted when its blank
 * line has been read. The standard discards an event that never gets one; upstreams do close that way
 * with the finish inside, so `end` emits it unless `strict` is set. Malformed UTF-8 becomes U+FFFD,
 * comments and unknown fields are skipped.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseDecoder {
  readonly #framer: Framer
  readonly #strict: boolean
  #isFirst = true
  /** The fields read since the last event; `id` and `retry` outlive a block without data. */
  #event: string | undefined
  #data: string | undefined
  #id: string | undefined
  #retry: number | undefined

  constructor({ maxEventBytes = 8 * 1024 * 1024, strict = false }: SseDecoderOptions = {}) {
    this.#framer = new Framer({ maxFrameBytes: maxEventBytes })
    this.#strict = strict
  }

  /**
   * Reads more of the stream: emits the events that it completes.
   * @throws {LimitError} after the events before the one that is too large; the decoder must be discarded
   */
  push(chunk: Uint8Array, emit: (event: SseEvent) => void): void {
    // Frames end between characters, so all that one chunk completes is decoded at once.
    this.#framer.push(chunk, frames => this.#decode(toUtf8(frames), emit))
  }

  /** The stream has ended: emits a last event without its blank line, unless `strict`. */
  end(emit: (event: SseEvent) => void): void {
    this.#framer.end(torn => {
      if (!this.#strict) this.#decode(`${toUtf8(torn)}\n\n`, emit)
    })
  }

  /** Walks the lines of whole frames. */
  #decode(text: string, emit: (event: SseEvent) => void): void {
    let at = this.#isFirst && text.startsWith('\uFEFF') ? 1 : 0
    this.#isFirst = false
    let [lf, cr] = [-1, -1]
    while (at < text.length) {
      // Both are kept until they are passed: searching for the one that a text does not use is done once.
      if (lf < at) lf = indexOrLength(text, '\n', at)
      if (cr < at) cr = indexOrLength(text, '\r', at)
      const end = Math.min(lf, cr)
      if (end === at) this.#dispatch(emit)
      else this.#readLine(text, at, end)
      at = lf === cr + 1 ? lf + 1 : end + 1
    }
  }

  #dispatch(emit: (event: SseEvent) => void): void {
    const data = this.#data
    const event = this.#event
    this.#data = undefined
    this.#event = undefined
    if (data === undefined) return
    const whole = { event, data, id: this.#id, retry: this.#retry }
    this.#id = undefined
    this.#retry = undefined
    emit(whole)
  }

  #readLine(text: string, start: number, end: number): void {
    if (text.startsWith('data:', start)) this.#addData(valueIn(text, start + 5, end))
    else if (text.startsWith('event:', start)) this.#event = valueIn(text, start + 6, end) || undefined
    else {
      const line = text.slice(start, end)
      const colon = line.indexOf(':')
      if (colon === -1) this.#readField(line, '')
      else this.#readField(line.slice(0, colon), valueIn(line, colon + 1, line.length))
    }
  }

  #readField(name: string, value: string): void {
    switch (name) {
      case 'data':
        this.#addData(value)
        break
      case 'event':
        this.#event = value || undefined
        break
      case 'id':
        if (!value.includes('\0')) this.#id = value
        break
      case 'retry':
        if (/^[0-9]+$/.test(value)) this.#retry = Math.min(Number(value), Number.MAX_SAFE_INTEGER)
        break
    }
  }

  #addData(line: string): void {
    this.#data = this.#data === undefined ? line : `${this.#data}\n${line}`
  }
}

/** The field's value without the one space that may follow the colon. */
function valueIn(text: string, start: number, end: number): string {
  return text.slice(text[start] === ' ' ? start + 1 : start, end)
}

function indexOrLength(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from)
  return at === -1 ? text.length : at
}
