import type { Unread } from '../value.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

/** Reads the events of one item, and then the item as a whole. */
export interface ItemReader {
  readonly type: string
  readonly id: string | undefined
  isDone: boolean
  /** A block of another item opens: one that there will be in any case opens before it. */
  precede?(): void
  read(type: string, event: Unread<ResponsesEvent>): void
  /** Takes from the whole item what no event has said, and is done with it. */
  finish(item: Unread<ResponsesItem>): void
}
