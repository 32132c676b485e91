import type { Annotation, BlockStart, Logprob, Native, Seal } from '../../model/index.ts'
import { objectOf, type Wire } from '../value.ts'
import { carrySealsOf } from './carrier.ts'
import type { Scribe } from './scribe.ts'

/** Writes one block. What its kind does not have is never asked of it. */
export interface BlockWriter {
  readonly item: ItemWriter | undefined
  text(text: string, logprobs: readonly Logprob[] | undefined): void
  breakPart(): void
  payload(text: string): void
  annotate(annotation: Annotation): void
  seal(seal: Seal): void
  end(native: Native | undefined): void
}

/** How an item ends; incomplete: in the middle. */
export type ItemStatus = 'completed' | 'incomplete'

/** Writes one item: announced when it is made, done when its blocks are. */
export interface ItemWriter {
  readonly id: string
  readonly place: number
  status: ItemStatus
  /** Whether a block belongs to this item too. */
  accepts(start: BlockStart): boolean
  open(start: BlockStart, path: string): BlockWriter
  /** Writes the item as a whole. */
  finish(): void
}

/** The members of the item that a block's pocket holds, over those that are known. */
export function itemMembers(known: Wire, members: Native['members']): Wire {
  const more = objectOf(members.item)
  return more === undefined ? known : { ...known, ...more }
}

export abstract class Writer implements BlockWriter {
  readonly item: ItemWriter
  protected readonly scribe: Scribe
  protected readonly path: string
  protected readonly seals: Seal[] = []

  constructor(scribe: Scribe, item: ItemWriter, path: string) {
    this.scribe = scribe
    this.item = item
    this.path = path
  }

  text(_text: string, _logprobs: readonly Logprob[] | undefined): void {}
  breakPart(): void {}
  payload(_text: string): void {}
  annotate(_annotation: Annotation): void {}
  seal(seal: Seal): void {
    this.seals.push(seal)
  }
  abstract end(native: Native | undefined): void
}

export abstract class Item implements ItemWriter {
  readonly id: string
  readonly place: number
  status: ItemStatus = 'completed'
  protected readonly scribe: Scribe
  /** Members of the item beside those of its kind. */
  protected rest: Wire = {}

  constructor(scribe: Scribe, id: string, announced: Wire) {
    this.scribe = scribe
    this.id = id
    this.place = scribe.add(announced)
  }

  abstract accepts(start: BlockStart): boolean
  abstract open(start: BlockStart, path: string): BlockWriter
  abstract finish(): void

  /** Takes what a block's pocket says of its item. @returns the pocket's members if it is ours */
  take(native: Native | undefined, path: string): Native['members'] {
    const members = this.scribe.open(native, path)
    this.rest = itemMembers(this.rest, members)
    return members
  }

  protected done(item: Wire): void {
    this.scribe.done(this.place, JSON.stringify(item))
  }

  /** Seals of an item that has no place for them ride right behind it. */
  protected carry(seals: readonly Seal[]): void {
    if (seals.length === 0) return
    const token = carrySealsOf(this.id, seals)
    writeCarrier(this.scribe, token)
  }
}

/** A reasoning item that holds nothing but what we want back. */
export function writeCarrier(scribe: Scribe, token: string): void {
  const item = { id: scribe.id(undefined, 'rs_'), type: 'reasoning', summary: [], encrypted_content: token }
  scribe.done(scribe.add(item), JSON.stringify(item))
}

/** A block that has no place here. */
export const NOWHERE: BlockWriter = {
  item: undefined,
  text() {},
  breakPart() {},
  payload() {},
  annotate() {},
  seal() {},
  end() {},
}
