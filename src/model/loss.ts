/** Something that the target's dialect cannot say. */
export interface Loss {
  /**
   * JSON pointer into the neutral request, or into the folded message of the answer, where a candidate is
   * named by its index and a part by its ordinal in order of opening: `/candidates/0/parts/2/seals/0`.
   */
  readonly path: string
  /** Why it was lost. */
  readonly reason: LossReason
}

/**
 * Why it was lost. `no-slot`: the target has no place for it. `foreign-seal`: a token of another issuer,
 * never shown to this one. `order`: the place of a part among the others. `unit`: said in another unit,
 * less exactly. `cosmetic`: nobody acts on it.
 */
export type LossReason = 'no-slot' | 'foreign-seal' | 'order' | 'unit' | 'cosmetic'

/** How many losses of one exchange are told one by one; of the rest only the number is known. */
const MAX_TOLD = 1000

/** The losses of one exchange, each path once. */
export class Losses {
  readonly #told = new Map<string, Loss>()
  #count = 0

  /** How many there were, also those that are not told one by one. */
  get count(): number {
    return this.#count
  }

  /** The first thousand of them, in the order in which they were found. */
  get all(): readonly Loss[] {
    return [...this.#told.values()]
  }

  /** Notes a loss; one that is known already counts no more. */
  add(path: string, reason: LossReason): void {
    if (this.#told.has(path)) return
    this.#count++
    if (this.#told.size < MAX_TOLD) this.#told.set(path, { path, reason })
  }

  /** A pocket that only its own dialect opens: one loss for each member. */
  addNative(path: string, members: object, reason: LossReason = 'no-slot'): void {
    for (const name in members) this.add(`${path}/${escapePointer(name)}`, reason)
  }
}

/** A name as one token of a JSON pointer (RFC 6901). */
export function escapePointer(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name
}
