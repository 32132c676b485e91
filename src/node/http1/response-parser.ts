import { toLatin1 } from '../../bytes.ts'
import { ParserError } from './parser-error.ts'
import { type ResponseHead, readResponseHead } from './response-head.ts'

/** Head and trailers may hold so many bytes each, a chunk's extensions too. */
const MAX_HEAD_BYTES = 64 * 1024
/** Interim answers before the answer itself. */
const MAX_INTERIM_HEADS = 16
/** Digits of a chunk's size: 2^52 bytes, and more than anybody sends. */
const MAX_SIZE_DIGITS = 13

const LF = 0x0a
const CR = 0x0d
const SEMICOLON = 0x3b
const HEAD_END = '\r\n\r\n'

type State =
  | 'head'
  | 'length'
  | 'close'
  | 'chunk-size'
  | 'chunk-extension'
  | 'chunk-line-end'
  | 'chunk'
  | 'chunk-end'
  | 'chunk-end-line-end'
  | 'trailer'
  | 'done'

/**
 * Reads one answer of HTTP/1.1 from the reads of a socket, wherever they are cut.
 *
 * `push` says what a read brought: `head`, once it is whole; the body's bytes from `bodyStart` to
 * `bodyEnd`; and whether the answer `isDone`. Chunks are joined where they lie: what stands between them
 * is closed up inside of the read's own memory, so that a read gives one piece of body and copies next
 * to nothing. Interim answers (1xx) and trailers are skipped.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export class ResponseParser {
  /** The head that the last push completed. */
  head: ResponseHead | undefined
  bodyStart = 0
  bodyEnd = 0
  /** Bytes of the last push that belong to no answer. */
  surplus = 0

  #state: State = 'done'
  #isBodiless = false
  /** The part of a head that earlier reads brought. */
  #headText = ''
  #interimHeads = 0
  /** Body bytes that are still to come, of the answer or of its chunk. */
  #left = 0
  #digits = 0
  /** Bytes of the extension or the trailers. */
  #skipped = 0
  /** Whether the line of the trailers has a byte. */
  #hasLine = false

  /** True when the answer is complete. */
  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** @param isBodiless the request is one whose answers have no body (`HEAD`) */
  start(isBodiless: boolean): void {
    this.#state = 'head'
    this.#isBodiless = isBodiless
    this.#headText = ''
    this.#interimHeads = 0
  }

  /**
   * @param bytes written to: the body is closed up in them
   * @throws {ParserError} nothing more can be read then; what came before is told all the same
   */
  push(bytes: Buffer, length: number): void {
    this.head = undefined
    this.bodyStart = this.bodyEnd = this.surplus = 0
    let at = 0
    while (at < length && this.#state === 'head') at = this.#readHead(bytes, at, length)
    this.bodyStart = this.bodyEnd = at
    if (this.#state === 'length') at = this.#readLength(at, length)
    else if (this.#state === 'close') at = this.bodyEnd = length
    else at = this.#readChunks(bytes, at, length)
    this.surplus = length - at
  }

  /**
   * The connection has ended.
   *
   * @returns whether that is the end of the answer
   */
  end(): boolean {
    if (this.#state !== 'close') return false
    this.#state = 'done'
    return true
  }

  #readHead(bytes: Buffer, start: number, length: number): number {
    const before = this.#headText.length
    const text = this.#headText + toLatin1(bytes, start, length)
    // The blank line may have begun in the read before.
    const end = text.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length))
    if ((end === -1 ? text.length : end) > MAX_HEAD_BYTES) throw new ParserError('HPE_HEADER_OVERFLOW')
    if (end === -1) {
      if (!'HTTP/1.'.startsWith(text.slice(0, 7))) throw new ParserError('HPE_INVALID_CONSTANT')
      this.#headText = text
      return length
    }
    this.#headText = ''
    this.#begin(readResponseHead(text.slice(0, end), this.#isBodiless))
    return start + end + HEAD_END.length - before
  }

  #begin(head: ResponseHead): void {
    if (head.status === 101) throw new ParserError('HPE_PAUSED_UPGRADE')
    if (head.status < 200) {
      if (++this.#interimHeads > MAX_INTERIM_HEADS) throw new ParserError('HPE_HEADER_OVERFLOW')
      return
    }
    this.head = head
    if (head.framing === 'chunked') {
      this.#state = 'chunk-size'
      this.#left = this.#digits = this.#skipped = 0
    } else if (head.framing === 'close') this.#state = 'close'
    else {
      this.#left = head.framing
      this.#state = this.#left === 0 ? 'done' : 'length'
    }
  }

  #readLength(at: number, length: number): number {
    this.bodyEnd = Math.min(length, at + this.#left)
    this.#left -= this.bodyEnd - at
    if (this.#left === 0) this.#state = 'done'
    return this.bodyEnd
  }

  #readChunks(bytes: Buffer, start: number, length: number): number {
    let at = start
    while (at < length && this.#state !== 'done')
      if (this.#state === 'chunk') at = this.#readChunk(bytes, at, length)
      else this.#readFraming(bytes[at++] as number)
    return at
  }

  #readChunk(bytes: Buffer, at: number, length: number): number {
    const end = Math.min(length, at + this.#left)
    if (this.bodyEnd === this.bodyStart) this.bodyStart = this.bodyEnd = at
    else bytes.copyWithin(this.bodyEnd, at, end)
    this.bodyEnd += end - at
    this.#left -= end - at
    if (this.#left === 0) this.#state = 'chunk-end'
    return end
  }

  /** One byte of what stands around chunks. */
  #readFraming(byte: number): void {
    switch (this.#state) {
      case 'chunk-size':
        return this.#readSize(byte)
      case 'chunk-extension':
        if (byte === CR) this.#state = 'chunk-line-end'
        else if (byte === LF || ++this.#skipped > MAX_HEAD_BYTES) throw new ParserError('HPE_CHUNK_EXTENSIONS_OVERFLOW')
        return
      case 'chunk-line-end':
        expectByte(byte, LF)
        this.#state = this.#left === 0 ? 'trailer' : 'chunk'
        this.#hasLine = false
        return
      case 'chunk-end':
        expectByte(byte, CR)
        this.#state = 'chunk-end-line-end'
        return
      case 'chunk-end-line-end':
        expectByte(byte, LF)
        this.#state = 'chunk-size'
        this.#left = this.#digits = 0
        return
      default:
        return this.#readTrailer(byte)
    }
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte)
    if (digit !== -1) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw new ParserError('HPE_INVALID_CHUNK_SIZE')
      this.#left = this.#left * 16 + digit
      return
    }
    if (this.#digits === 0) throw new ParserError('HPE_INVALID_CHUNK_SIZE')
    if (byte === CR) this.#state = 'chunk-line-end'
    // Blanks too: old servers pad the size.
    else if (byte === SEMICOLON || byte === 0x20 || byte === 0x09) this.#state = 'chunk-extension'
    else throw new ParserError('HPE_INVALID_CHUNK_SIZE')
  }

  #readTrailer(byte: number): void {
    if (++this.#skipped > MAX_HEAD_BYTES) throw new ParserError('HPE_HEADER_OVERFLOW')
    if (byte === LF) {
      if (!this.#hasLine) this.#state = 'done'
      this.#hasLine = false
    } else if (byte !== CR) this.#hasLine = true
  }
}

function expectByte(byte: number, expected: number): void {
  if (byte !== expected) throw new ParserError('HPE_STRICT')
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
