import type { Answer } from './answer.ts'
import type { Coder } from './coder.ts'
import type { Cutter } from './cutter.ts'
import type { Piece } from './framing.ts'

/** The way of a body's bytes: compressed, if asked for, then cut into writes. */
export class Sender {
  readonly #answer: Answer
  readonly #cutter: Cutter
  readonly #coder: Coder | undefined
  #sent = 0

  constructor(answer: Answer, cutter: Cutter, coder: Coder | undefined) {
    this.#answer = answer
    this.#cutter = cutter
    this.#coder = coder
  }

  /** Pieces sent. */
  get sent(): number {
    return this.#sent
  }

  async send({ bytes }: Piece): Promise<void> {
    // Counted first: whoever has the bytes may ask at once how many there were.
    this.#sent += 1
    this.#answer.frameSent()
    await this.write(bytes)
  }

  /** Bytes that are not a piece of the answer. */
  async write(bytes: Uint8Array): Promise<void> {
    const coded = this.#coder === undefined ? bytes : await this.#coder.push(bytes)
    await this.#writeAll(this.#cutter.push(coded))
  }

  /** Holds nothing back. */
  async flush(): Promise<void> {
    await this.#writeAll(this.#cutter.flush())
  }

  /** Does nothing when the answer is over: a fault may have ended it. */
  async end(): Promise<void> {
    if (this.#answer.isOver) return
    if (this.#coder !== undefined) await this.#writeAll(this.#cutter.push(await this.#coder.end()))
    await this.flush()
    this.#answer.end()
  }

  async #writeAll(writes: Iterable<Uint8Array>): Promise<void> {
    for (const bytes of writes) await this.#answer.write(bytes)
  }
}
