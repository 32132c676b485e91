import { concat, GrowingBytes, toLatin1 } from '../bytes.ts'
import { LimitError } from '../errors.ts'

const LF = 10
const CR = 13

/**
 * Finds the end of the first whole frame: an event or comment with its blank line.
 *
 * A frame ends with the first two adjacent line ends (LF, CR or CRLF); a single blank line before an
 * event counts to that event. A CR that ends the text ends the frame, and the LF that may open the next
 * chunk stands before the next frame as an empty line, which means nothing. To go on with a torn frame
 * when more text has come, search again from its last character.
 *
 * @param text of the bytes, one character each, or decoded
 * @param hasCr whether `text` holds a CR at all; without one this is a single native search
 * @returns the index just past the blank line; -1 when the frame is torn
 */
export function frameEnd(text: string, from: number, hasCr: boolean): number {
  if (hasCr) return mixedFrameEnd(text, from)
  const at = text.indexOf('\n\n', from)
  return at === -1 ? -1 : at + 2
}

function mixedFrameEnd(text: string, from: number): number {
  let at = from
  for (let end = lineEnd(text, at); end !== -1; end = lineEnd(text, at)) {
    at = afterLineEnd(text, end)
    const next = text.charCodeAt(at)
    if (next === LF || next === CR) return afterLineEnd(text, at)
  }
  return -1
}

/**
 * Index of the first LF or CR.
 *
 * The searches go through windows that double: searching the whole text on every line for the one that
 * its lines do not use takes quadratic time (64 KiB of three-byte frames: 8 ms instead of 2).
 */
function lineEnd(text: string, from: number): number {
  for (let start = from, width = 512; start < text.length; start += width, width *= 2) {
    const window = text.slice(start, start + width)
    // As unsigned numbers, so that absent (-1) is the largest.
    const at = Math.min(window.indexOf('\n') >>> 0, window.indexOf('\r') >>> 0)
    if (at < window.length) return start + at
  }
  return -1
}

function afterLineEnd(text: string, at: number): number {
  return text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF ? at + 2 : at + 1
}

export interface FramerOptions {
  /** Largest frame held in memory, in bytes. Default 8 MiB. */
  readonly maxFrameBytes?: number
}

/**
 * Lets whole frames through and holds the torn one back. No byte is changed, lost or added.
 *
 * Takes time linear in the bytes, however small the chunks and however long the frame.
 */
export class Framer {
  readonly #maxFrameBytes: number
  readonly #torn = new GrowingBytes()
  /** The line end that the torn frame ends with: another one makes the blank line. */
  #lineEnd = ''

  constructor({ maxFrameBytes = 8 * 1024 * 1024 }: FramerOptions = {}) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /**
   * Takes more bytes: emits the whole frames that they complete, in as few pieces as can be.
   * @param emit gets whole frames, one or several in one piece, valid only during the call
   * @throws {LimitError} after the frames before the one that is too large; the framer must be discarded
   */
  push(chunk: Uint8Array, emit: (frames: Uint8Array) => void): void {
    const text = this.#lineEnd + toLatin1(chunk)
    const shift = this.#lineEnd.length
    const hasCr = text.includes('\r')
    let start = 0
    if (this.#torn.length > 0) {
      start = frameEnd(text, 0, hasCr)
      if (start === -1) {
        this.#hold(chunk)
        return
      }
      emit(this.#complete(chunk.subarray(0, start - shift)))
    }
    const end = this.#lastFrameEnd(text, start, hasCr)
    if (end > start) emit(chunk.subarray(start - shift, end - shift))
    if (end < text.length) this.#hold(chunk.subarray(end - shift))
  }

  /** Emits the torn frame, which never got its blank line, if there is one. */
  end(emit: (torn: Uint8Array) => void): void {
    if (this.#torn.length > 0) emit(this.#complete())
  }

  /** Where the whole frames end, or the first one that is too large begins. */
  #lastFrameEnd(text: string, from: number, hasCr: boolean): number {
    for (let last = from; ; ) {
      const end = frameEnd(text, last, hasCr)
      if (end === -1 || end - last > this.#maxFrameBytes) return last
      last = end
    }
  }

  #complete(...rest: readonly Uint8Array[]): Uint8Array {
    const frame = concat([this.#torn.bytes, ...rest])
    this.#checkSize(frame.length)
    this.#torn.clear()
    this.#lineEnd = ''
    return frame
  }

  #hold(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#checkSize(this.#torn.length + piece.length)
    this.#torn.push(piece)
    const last = piece[piece.length - 1]
    this.#lineEnd = last === LF ? '\n' : last === CR ? '\r' : ''
  }

  #checkSize(frameBytes: number): void {
    const limit = this.#maxFrameBytes
    if (frameBytes > limit) throw new LimitError(`Cannot read event: over the event limit of ${limit} bytes`, limit)
  }
}
