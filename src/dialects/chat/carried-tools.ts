import { type BlockStart, Fold, type Native, type Part, type StreamEvent } from '../../model/index.ts'

interface Carried {
  readonly fold: Fold
  /** Calls that have no result yet. */
  readonly calls: Set<string>
  /** Blocks that have no end yet. */
  readonly blocks: Set<number>
}

/** Calls and results of the provider's tools, kept by candidate until each call has its result. */
export class CarriedTools {
  readonly #byChoice = new Map<number, Carried>()
  readonly #choices = new Map<number, number>()

  open(start: BlockStart): void {
    const { index, choice } = start
    let carried = this.#byChoice.get(choice)
    if (carried === undefined) {
      carried = { fold: new Fold(), calls: new Set(), blocks: new Set() }
      this.#byChoice.set(choice, carried)
    }
    this.#choices.set(index, choice)
    carried.blocks.add(index)
    carried.fold.push(start)
    if (start.kind === 'tool-call') carried.calls.add(start.callId)
    if (start.kind === 'tool-result') carried.calls.delete(start.callId)
  }

  /** More of one of these blocks; nothing happens for other blocks. */
  push(index: number, event: StreamEvent): void {
    this.#carriedAt(index)?.fold.push(event)
  }

  /** @returns the candidate whose calls all have their results now; undefined for none */
  close(index: number, native: Native | undefined): number | undefined {
    const choice = this.#choices.get(index)
    const carried = this.#carriedAt(index)
    if (carried === undefined) return undefined
    this.#choices.delete(index)
    carried.blocks.delete(index)
    carried.fold.push({ type: 'block-end', index, native })
    return carried.calls.size === 0 && carried.blocks.size === 0 ? choice : undefined
  }

  /** Something waits, and none of its blocks is open: it can be written before another block. */
  isWaiting(choice: number): boolean {
    return this.#byChoice.get(choice)?.blocks.size === 0
  }

  /** What is kept of a candidate, to be written; undefined for nothing. */
  take(choice: number): readonly Part[] | undefined {
    const carried = this.#byChoice.get(choice)
    this.#byChoice.delete(choice)
    return carried?.fold.message.candidates[0]?.parts
  }

  #carriedAt(index: number): Carried | undefined {
    const choice = this.#choices.get(index)
    return choice === undefined ? undefined : this.#byChoice.get(choice)
  }
}
