import { type BlockStart, Fold, isProviderRun, type Part, type StreamEvent } from '../../model/index.ts'
import type { Emit } from '../codec.ts'
import type { Wire } from '../value.ts'
import { ownReasoning } from './reasoning.ts'

/**
 * Gives the reasoning of this dialect's own answers in the members that it came in, as whole answers have it:
 * whoever made them gets them back as they were, without us.
 *
 * An answer is of this dialect on both sides only when it came as a whole, so nobody waits for what is held:
 * all of a candidate from its reasoning on, since it must be the only one.
 */
export class OwnReasoning {
  readonly #emit: Emit<StreamEvent>
  readonly #write: (start: BlockStart, members: Wire) => void
  /** What is held, by candidates. */
  readonly #held = new Map<number, StreamEvent[]>()
  /** The candidates of the blocks that are held, by the indices of the blocks. */
  readonly #choices = new Map<number, number>()

  /** @param write says a block of reasoning in these members of a delta */
  constructor(emit: Emit<StreamEvent>, write: (start: BlockStart, members: Wire) => void) {
    this.#emit = emit
    this.#write = write
  }

  /** @param event of blocks that stand one behind the other, but for calls */
  push(event: StreamEvent): void {
    if (event.type === 'block-start') this.#open(event)
    else if (event.type === 'choice-end') this.#release(event.choice)
    else if (event.type === 'error') for (const choice of [...this.#held.keys()]) this.#release(choice)
    const held = this.#heldOf(event)
    if (held === undefined) this.#emit(event)
    else held.push(event)
  }

  #open({ index, choice, kind }: BlockStart): void {
    if (kind === 'reasoning' && !this.#held.has(choice)) this.#held.set(choice, [])
    if (this.#held.has(choice)) this.#choices.set(index, choice)
  }

  #heldOf(event: StreamEvent): StreamEvent[] | undefined {
    if ('choice' in event) return this.#held.get(event.choice)
    const choice = 'index' in event ? this.#choices.get(event.index) : undefined
    return choice === undefined ? undefined : this.#held.get(choice)
  }

  #release(choice: number): void {
    const events = this.#held.get(choice) ?? []
    this.#held.delete(choice)
    const own = ownIn(events)
    for (const event of events) {
      if (own === undefined || !('index' in event) || event.index !== own.start.index) this.#emit(event)
      else if (event.type === 'block-end') this.#write(own.start, own.members)
    }
  }
}

/** The only reasoning in what begins with one, if this dialect said it and nothing else has to be carried. */
function ownIn(events: readonly StreamEvent[]): { readonly start: BlockStart; readonly members: Wire } | undefined {
  const fold = new Fold()
  for (const event of events) fold.push(event)
  const parts = fold.message.candidates[0]?.parts ?? []
  const isCarrying = parts.some(part => isProviderRun(part) || isSealedText(part))
  const members = isCarrying ? undefined : ownReasoning(parts.filter(part => part.kind === 'reasoning'))
  const [start] = events
  return members === undefined || start?.type !== 'block-start' ? undefined : { start, members }
}

function isSealedText({ kind, seals }: Part): boolean {
  return (kind === 'text' || kind === 'refusal') && seals !== undefined
}
