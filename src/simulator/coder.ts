import { once } from 'node:events'
import { createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib'
import { concat } from '../bytes.ts'

export type Encoding = 'gzip' | 'br' | 'zstd'

const CODERS = { gzip: createGzip, br: createBrotliCompress, zstd: createZstdCompress } satisfies Record<
  Encoding,
  unknown
>

/** Compresses a stream so that what went in so far can be read from what came out so far. */
export class Coder {
  readonly #zip: ReturnType<(typeof CODERS)[Encoding]>
  #coded: Buffer[] = []

  constructor(encoding: Encoding) {
    this.#zip = CODERS[encoding]()
    this.#zip.on('data', (coded: Buffer) => this.#coded.push(coded))
  }

  async push(bytes: Uint8Array): Promise<Uint8Array> {
    this.#zip.write(bytes)
    await new Promise<void>(resolve => this.#zip.flush(resolve))
    return this.#take()
  }

  async end(): Promise<Uint8Array> {
    this.#zip.end()
    await once(this.#zip, 'end')
    return this.#take()
  }

  #take(): Uint8Array {
    const coded = concat(this.#coded)
    this.#coded = []
    return coded
  }
}
