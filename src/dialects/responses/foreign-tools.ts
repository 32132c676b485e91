import { type BlockStart, foldEvents, isProviderRun, type StreamEvent, wrapParts } from '../../model/index.ts'
import { writeCarrier } from './item-writer.ts'
import type { Scribe } from './scribe.ts'

interface ForeignBlock {
  readonly start: BlockStart
  readonly path: string
  readonly events: StreamEvent[]
  isOpen: boolean
}

/**
 * Calls and results of another provider's tools: kept until every call has its result, then carried whole
 * in an opaque reasoning item, for the way back. A call without its result is a loss.
 */
export class ForeignTools {
  readonly #scribe: Scribe
  /** By the indices of the blocks, in order of opening. */
  readonly #blocks = new Map<number, ForeignBlock>()
  #isInterrupted = false

  constructor(scribe: Scribe) {
    this.#scribe = scribe
  }

  /** Another block opens: pairs that are not whole would come to stand behind it. */
  interrupt(): void {
    if (this.#blocks.size > 0) this.#isInterrupted = true
  }

  /** @returns whether the block is one of these */
  open(start: BlockStart, path: string): boolean {
    if (!isProviderRun(start)) return false
    this.#blocks.set(start.index, { start, path, events: [start], isOpen: true })
    return true
  }

  /** @returns whether the event belongs to one of these blocks */
  take(index: number, event: StreamEvent): boolean {
    const block = this.#blocks.get(index)
    if (block === undefined) return false
    block.events.push(event)
    if (event.type !== 'block-end') return true
    block.isOpen = false
    const blocks = [...this.#blocks.values()]
    if (blocks.every(other => !other.isOpen && this.#isPaired(other))) this.end()
    return true
  }

  /** Carries the pairs; what is none is a loss. */
  end(): void {
    const blocks = [...this.#blocks.values()]
    const pairs = blocks.filter(block => !this.#isInterrupted && this.#isPaired(block))
    for (const block of blocks) if (!pairs.includes(block)) this.#scribe.losses.add(block.path, 'no-slot')
    this.#blocks.clear()
    this.#isInterrupted = false
    const events = pairs.flatMap(({ events }) => events)
    if (events.length > 0) writeCarrier(this.#scribe, wrapParts(foldEvents(events).candidates[0]?.parts ?? []))
  }

  #isPaired({ start }: ForeignBlock): boolean {
    const kind = start.kind === 'tool-call' ? 'tool-result' : 'tool-call'
    return [...this.#blocks.values()].some(other => other.start.kind === kind && callOf(other) === callOf({ start }))
  }
}

function callOf({ start }: Pick<ForeignBlock, 'start'>): string | undefined {
  return start.kind === 'tool-call' || start.kind === 'tool-result' ? start.callId : undefined
}
