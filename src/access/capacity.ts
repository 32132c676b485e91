import { type Failure, failure } from '../errors.ts'

/** Long enough for something to end, short enough not to be noticed. */
const RETRY_AFTER_MS = 1000

/** Counts what is open at a time: streams, connections. */
export class Capacity {
  readonly #what: string
  readonly #limit: number
  #open = 0

  /** @param what the member of `limits`, for the message */
  constructor(what: string, limit: number) {
    this.#what = what
    this.#limit = limit
  }

  get open(): number {
    return this.#open
  }

  /** Takes a place, to be given back with `leave`; a 503 when there is none. */
  enter(): Failure | undefined {
    if (this.#open >= this.#limit)
      return failure('overloaded', `Cannot take more: limits.${this.#what} allows ${this.#limit} at a time`, {
        status: 503,
        retryAfterMs: RETRY_AFTER_MS,
      })
    this.#open += 1
    return undefined
  }

  leave(): void {
    this.#open -= 1
  }
}
