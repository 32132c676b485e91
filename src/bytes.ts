/**
 * Bytes and text. The only file that knows Buffer: where there is one its native slices are used,
 * elsewhere the web's encoders do the same.
 */

const BufferClass: typeof Buffer | undefined = globalThis.Buffer

const CR = 13
const LF = 10

const NOTHING: Uint8Array = new Uint8Array(0)

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

export function fromUtf8(text: string): Uint8Array {
  return BufferClass === undefined ? encoder.encode(text) : BufferClass.from(text, 'utf8')
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return BufferClass === undefined ? encoder.encode(text).length : BufferClass.byteLength(text)
}

/** Decodes UTF-8; malformed sequences become U+FFFD, a BOM is kept. */
export function toUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return BufferClass === undefined ? decoder.decode(bytes.subarray(start, end)) : view(bytes).utf8Slice(start, end)
}

/**
 * One character for each byte, so that an index into the text is an index into the bytes. ASCII reads
 * as itself; what other bytes become is of no interest to a scanner.
 */
export function toLatin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (BufferClass !== undefined) return view(bytes).latin1Slice(start, end)
  let text = ''
  // 8 KiB at a time: the arguments of one call have a limit.
  for (let at = start; at < end; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 8192)))
  return text
}

/** The bytes of a text made by {@link toLatin1}. */
export function fromLatin1(text: string): Uint8Array {
  if (BufferClass !== undefined) return BufferClass.from(text, 'latin1')
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

/** Base64 with the alphabet for URLs, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  if (BufferClass !== undefined)
    return BufferClass.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
  return btoa(toLatin1(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** @throws {SyntaxError} when the text is not base64 of that alphabet */
export function fromBase64Url(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new SyntaxError('Cannot decode base64: a character is not of its alphabet')
  if (text.length % 4 === 1) throw new SyntaxError('Cannot decode base64: a character is missing')
  if (BufferClass !== undefined) return BufferClass.from(text, 'base64url')
  return fromLatin1(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
}

/** Decodes nothing: 7 µs for 78 kB of text, where the decoder takes 78. */
const nativeIsUtf8 =
  BufferClass === undefined ? undefined : globalThis.process?.getBuiltinModule?.('node:buffer').isUtf8

export function isUtf8(bytes: Uint8Array): boolean {
  if (nativeIsUtf8 !== undefined) return nativeIsUtf8(bytes)
  try {
    strictDecoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** The chunks in one piece; a single chunk is given back as it is, not copied. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks
  if (first === undefined) return NOTHING
  if (chunks.length === 1) return first
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const all = allocate(length)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/**
 * A copy that outlives the call in which a borrowed chunk is valid. In memory of its own: in Buffer's pool it
 * would keep 8 KiB of short-lived neighbours as long as it lives, some 10 KiB an open stream.
 */
export function copy(bytes: Uint8Array): Uint8Array {
  // Not its own `slice`: a Buffer's copies nothing.
  return Uint8Array.prototype.slice.call(bytes)
}

/** Bytes that come in pieces, in one memory that doubles: many small pieces cost no more than a large one. */
export class GrowingBytes {
  #memory = NOTHING
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What has come, not copied; it stays as it is whatever comes later. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length)
  }

  /** Copies the piece. */
  push(piece: Uint8Array): void {
    const length = this.#length + piece.length
    if (this.#length === 0) this.#memory = copy(piece)
    else {
      if (length > this.#memory.length) this.#memory = enlarged(this.bytes, 2 * length)
      this.#memory.set(piece, this.#length)
    }
    this.#length = length
  }

  clear(): void {
    this.#memory = NOTHING
    this.#length = 0
  }
}

/** The bytes as one chunk of HTTP/1.1 chunked encoding. */
export function httpChunk(bytes: Uint8Array): Uint8Array {
  const size = bytes.length.toString(16)
  const end = size.length + 2 + bytes.length
  const chunk = allocate(end + 2)
  for (let at = 0; at < size.length; at++) chunk[at] = size.charCodeAt(at)
  chunk[size.length] = chunk[end] = CR
  chunk[size.length + 1] = chunk[end + 1] = LF
  chunk.set(bytes, size.length + 2)
  return chunk
}

/** Memory that holds anything; it is to be filled. */
function allocate(length: number): Uint8Array {
  return BufferClass === undefined ? new Uint8Array(length) : BufferClass.allocUnsafe(length)
}

function enlarged(bytes: Uint8Array, length: number): Uint8Array {
  const larger = allocate(length)
  larger.set(bytes)
  return larger
}

/** What Node's Buffer has beside its types: its slices are the fastest decoders there. */
interface Slices {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

/** The same memory as a Buffer. */
function view(bytes: Uint8Array): Slices {
  const Class = BufferClass as typeof Buffer
  const buffer = bytes instanceof Class ? bytes : Class.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer as unknown as Slices
}
