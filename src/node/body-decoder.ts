import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { type Failure, failure } from '../errors.ts'
import type { ContentCoding, UpstreamCall, UpstreamHandler } from '../http/index.ts'

const DECODERS: Readonly<Record<ContentCoding, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** A body may grow this much while it is decoded, once it is longer than a mebibyte. */
const MAX_RATIO = 100
const MIB = 1024 * 1024

/**
 * Takes one content coding off a body as it arrives, between a source of coded bytes and a handler.
 *
 * Backpressure holds through it: when the handler pauses, decoding stops, and then the source. A body
 * that grows more than a hundredfold past its first mebibyte is a failure. Made for a body that has
 * bytes: none at all are no damaged body.
 */
export class BodyDecoder {
  readonly #stream: Transform
  readonly #handler: UpstreamHandler
  readonly #source: UpstreamCall
  #bytesIn = 0
  #bytesOut = 0
  #failure: Failure | undefined

  constructor(coding: ContentCoding, handler: UpstreamHandler, source: UpstreamCall) {
    this.#handler = handler
    this.#source = source
    this.#stream = DECODERS[coding]()
      .on('data', (chunk: Uint8Array) => this.#forward(chunk))
      .on('drain', () => source.resume())
      .on('end', () => this.#finish())
      .on('error', () => this.#fail(failure('upstream', `Cannot decode the answer: its ${coding} body is damaged`)))
  }

  onData(chunk: Uint8Array): void {
    this.#bytesIn += chunk.length
    if (!this.#stream.write(chunk)) this.#source.pause()
  }

  onEnd(): void {
    this.#stream.end()
  }

  /** What came before is decoded first. */
  onError(failure: Failure): void {
    this.#failure = failure
    this.#stream.end()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  /** Nothing is forwarded any more. */
  stop(): void {
    this.#stream.destroy()
  }

  #forward(chunk: Uint8Array): void {
    this.#bytesOut += chunk.length
    if (this.#bytesOut > MIB && this.#bytesOut > this.#bytesIn * MAX_RATIO)
      this.#fail(failure('upstream', `Cannot decode the answer: it grows more than ${MAX_RATIO} times`))
    else this.#handler.onData(chunk)
  }

  #finish(): void {
    if (this.#failure === undefined) this.#handler.onEnd()
    else this.#fail(this.#failure)
  }

  #fail(failure: Failure): void {
    this.#source.abort()
    this.#handler.onError(this.#failure ?? failure)
  }
}
