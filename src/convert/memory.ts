import { type Failure, failure } from '../errors.ts'

/** What whole answers may take in memory, all of one process together. */
export class AnswerMemory {
  readonly maxBytes: number
  #usedBytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** @returns false when there is no room; then nothing is taken */
  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.maxBytes) return false
    this.#usedBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
  }
}

/** One answer's share of the memory: limited by itself, and given back when the answer is out or given up. */
export class AnswerShare {
  readonly #memory: AnswerMemory
  readonly #maxBytes: number
  #bytes = 0

  constructor(memory: AnswerMemory, maxBytes: number) {
    this.#memory = memory
    this.#maxBytes = maxBytes
  }

  /** @returns why the answer may not grow by so much */
  grow(bytes: number): Failure | undefined {
    if (this.#bytes + bytes > this.#maxBytes)
      return failure('upstream', `Cannot hold the answer: over the limit \`messageBytes\` of ${this.#maxBytes} bytes`)
    if (!this.#memory.take(bytes))
      return failure(
        'overloaded',
        `Cannot hold the answer: all answers together are over ${this.#memory.maxBytes} bytes`,
      )
    this.#bytes += bytes
    return undefined
  }

  /** Idempotent. */
  release(): void {
    this.#memory.give(this.#bytes)
    this.#bytes = 0
  }
}
