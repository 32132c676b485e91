import type { EventWriter, Native, NewBlock, Seal } from '../../model/index.ts'
import { restOf, type Unread, type Wire } from '../value.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

/** A new block of the only candidate. */
export type OwnBlock = NewBlock extends infer B ? (B extends NewBlock ? Omit<B, 'choice'> : never) : never

interface LingeringBlock {
  readonly index: number
  readonly item: string | undefined
  readonly native: Native | undefined
}

interface EarlyEvent {
  readonly name: string | undefined
  readonly native: Native
}

/** Events that may wait for the answer to begin. */
const MAX_EARLY = 100

/**
 * What the readers of the items of one answer share.
 *
 * The blocks of an item that is done linger open until the next event: a reasoning item right behind it
 * may carry their seals.
 */
export class AnswerDesk {
  readonly writer: EventWriter
  readonly issuer: string
  /** Length of the text that the answer shows so far, in UTF-16 code units. */
  visibleLength = 0
  /** An item waits for the client to act, and is no tool call. */
  isPaused = false
  #lingering: LingeringBlock[] = []
  #early: EarlyEvent[] = []
  readonly #precede: (item: string | undefined) => void
  #isPreceding = false

  /** @param precede opens what has to stand before a block of this item */
  constructor(writer: EventWriter, issuer: string, precede: (item: string | undefined) => void) {
    this.writer = writer
    this.issuer = issuer
    this.#precede = precede
  }

  get isLingering(): boolean {
    return this.#lingering.length > 0
  }

  open(block: OwnBlock): number {
    if (!this.#isPreceding) {
      this.#isPreceding = true
      this.#precede(block.item)
      this.#isPreceding = false
    }
    return this.writer.open({ choice: 0, ...block } as NewBlock)
  }

  /** Closes a block as soon as it is known that no seal follows. */
  linger(index: number, item: string | undefined, native: Native | undefined): void {
    this.#lingering.push({ index, item, native })
  }

  /** @param target the item they belong to; undefined: the last one */
  sealLingering(target: string | undefined, seals: readonly Seal[]): void {
    const block =
      target === undefined ? this.#lingering.at(-1) : this.#lingering.findLast(({ item }) => item === target)
    if (block !== undefined) for (const seal of seals) this.writer.seal(block.index, seal)
  }

  settle(): void {
    const lingering = this.#lingering
    this.#lingering = []
    for (const { index, native } of lingering) this.writer.close(index, native)
  }

  /**
   * Passes an event on that only this dialect understands; numbers are given anew when it is written. One
   * that comes before the answer begins waits for it, since the beginning says the answer's id.
   */
  native(name: string | undefined, event: Unread<ResponsesEvent>): void {
    const native = { dialect: 'responses', members: restOf(event as Wire, NUMBERS) ?? {} } as const
    if (this.writer.hasStarted) this.writer.native(name, native)
    else if (this.#early.length < MAX_EARLY) this.#early.push({ name, native })
  }

  /** The answer has begun. */
  begin(): void {
    for (const { name, native } of this.#early) this.writer.native(name, native)
    this.#early = []
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['sequence_number'])

export function pocket(members: Wire | undefined): Native | undefined {
  return members === undefined || Object.keys(members).length === 0 ? undefined : { dialect: 'responses', members }
}

/** The statuses of items in an answer that was cut short or failed: its end says so. */
const UNFINISHED: ReadonlySet<string> = new Set(['in_progress', 'incomplete', 'generating'])

/**
 * The members of an item that have no home, as `item` in its first block's pocket.
 * @param known the members that have one, `status` among them: kept only where it is not a usual word
 */
export function itemPocket(item: Unread<ResponsesItem>, known: ReadonlySet<string>, usual?: string): Wire | undefined {
  const rest = restOf(item as Wire, known)
  const { status } = item
  if (typeof status !== 'string' || status === usual || UNFINISHED.has(status)) return rest && { item: rest }
  return { item: { status, ...rest } }
}
