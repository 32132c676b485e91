/** Wrong secrets that one address may try at once; one more is allowed every six seconds. */
const MAX_WRONG = 10
const FORGIVE_MS = 6000
const MAX_ADDRESSES = 10_000

interface Tries {
  wrong: number
  sinceMs: number
}

/** Counts wrong secrets by address, so that guessing takes forever. */
export class Attempts {
  readonly #tries = new Map<string, Tries>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** How long the address has to wait before it may try, in milliseconds; 0: not at all. */
  waitMs(address: string): number {
    const tries = this.#forgiven(address)
    if (tries === undefined || tries.wrong < MAX_WRONG) return 0
    return Math.max(1, tries.sinceMs + FORGIVE_MS - this.#nowMs())
  }

  noteWrong(address: string): void {
    const tries = this.#forgiven(address)
    if (tries !== undefined) tries.wrong++
    else {
      // In a flood from everywhere those are forgotten who came first.
      if (this.#tries.size >= MAX_ADDRESSES) this.#tries.delete(this.#tries.keys().next().value as string)
      this.#tries.set(address, { wrong: 1, sinceMs: this.#nowMs() })
    }
  }

  #forgiven(address: string): Tries | undefined {
    const tries = this.#tries.get(address)
    if (tries === undefined) return undefined
    const forgiven = Math.floor((this.#nowMs() - tries.sinceMs) / FORGIVE_MS)
    tries.wrong -= forgiven
    tries.sinceMs += forgiven * FORGIVE_MS
    if (tries.wrong > 0) return tries
    this.#tries.delete(address)
    return undefined
  }
}
