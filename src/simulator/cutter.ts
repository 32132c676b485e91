import { concat } from '../bytes.ts'

/** Bytes of one write: so many, at random, everything up to the next pause, or undefined: as they come. */
export type Cut = number | 'random' | 'all' | undefined

/** Largest write that a random cut makes, in bytes. */
const RANDOM_BYTES = 64

/** Cuts bytes anew, without regard to where events end. */
export class Cutter {
  readonly #cut: Cut
  readonly #random: () => number
  #held: Uint8Array[] = []
  #heldBytes = 0
  #wantedBytes: number

  constructor(cut: Cut, random: () => number) {
    this.#cut = cut
    this.#random = random
    this.#wantedBytes = this.#next()
  }

  /** The writes that are complete now. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    if (this.#cut === undefined) return yield bytes
    let rest = bytes
    while (this.#heldBytes + rest.length >= this.#wantedBytes) {
      const taken = this.#wantedBytes - this.#heldBytes
      this.#held.push(rest.subarray(0, taken))
      rest = rest.subarray(taken)
      yield* this.flush()
    }
    this.#held.push(rest)
    this.#heldBytes += rest.length
  }

  /** What is held, as one write. */
  *flush(): Generator<Uint8Array> {
    const write = concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#wantedBytes = this.#next()
    if (write.length > 0) yield write
  }

  #next(): number {
    if (this.#cut === 'random') return 1 + Math.floor(this.#random() * RANDOM_BYTES)
    return typeof this.#cut === 'number' ? this.#cut : Number.POSITIVE_INFINITY
  }
}
