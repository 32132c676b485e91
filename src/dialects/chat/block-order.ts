import type { BlockStart, StreamEvent } from '../../model/index.ts'
import type { Emit } from '../codec.ts'

/** A block that waits for those before it, with all that has come of it. */
interface Waiting {
  readonly start: BlockStart
  readonly events: StreamEvent[]
  isClosed: boolean
}

/** The blocks of one candidate. */
interface Lane {
  /** How many of those that were let through are open. */
  open: number
  /** Those are calls of tools, which may come in pieces between each other. */
  isOfCalls: boolean
  readonly waiting: Waiting[]
}

/**
 * Puts the blocks of each candidate one behind the other, in order of opening.
 *
 * A message has one text and one reasoning, to which clients append: what comes in pieces between those of
 * another block would be read as part of it. Only calls have numbers, so they pass as they come. A block that
 * opens while another is open waits until that one is closed.
 */
export class BlockOrder {
  readonly #emit: Emit<StreamEvent>
  readonly #lanes = new Map<number, Lane>()
  /** Lanes and waiting blocks by the index of the block. */
  readonly #open = new Map<number, Lane>()
  readonly #waiting = new Map<number, Waiting>()

  constructor(emit: Emit<StreamEvent>) {
    this.#emit = emit
  }

  push(event: StreamEvent): void {
    if (event.type === 'block-start') this.#openBlock(event)
    else {
      const waiting =
        this.#waiting.size > 0 && 'index' in event && event.index !== undefined
          ? this.#waiting.get(event.index)
          : undefined
      if (waiting !== undefined) hold(waiting, event)
      else if (event.type === 'block-end') this.#close(event)
      else this.#emit(event)
    }
  }

  #openBlock(start: BlockStart): void {
    const lane = this.#laneOf(start.choice)
    if (lane.waiting.length === 0 && isFree(lane, start)) this.#letThrough(lane, start)
    else {
      const waiting = { start, events: [], isClosed: false }
      lane.waiting.push(waiting)
      this.#waiting.set(start.index, waiting)
    }
  }

  #letThrough(lane: Lane, start: BlockStart): void {
    lane.open++
    lane.isOfCalls = isCall(start)
    this.#open.set(start.index, lane)
    this.#emit(start)
  }

  #close(event: Extract<StreamEvent, { readonly type: 'block-end' }>): void {
    this.#emit(event)
    const lane = this.#open.get(event.index)
    if (lane === undefined) return
    this.#open.delete(event.index)
    lane.open--
    this.#release(lane)
  }

  #release(lane: Lane): void {
    for (let next = lane.waiting[0]; next !== undefined && isFree(lane, next.start); next = lane.waiting[0]) {
      lane.waiting.shift()
      this.#waiting.delete(next.start.index)
      this.#letThrough(lane, next.start)
      for (const event of next.events) this.#emit(event)
      if (!next.isClosed) continue
      lane.open--
      this.#open.delete(next.start.index)
    }
  }

  #laneOf(choice: number): Lane {
    let lane = this.#lanes.get(choice)
    if (lane === undefined) {
      lane = { open: 0, isOfCalls: false, waiting: [] }
      this.#lanes.set(choice, lane)
    }
    return lane
  }
}

function hold(waiting: Waiting, event: StreamEvent): void {
  waiting.events.push(event)
  waiting.isClosed ||= event.type === 'block-end'
}

function isFree(lane: Lane, start: BlockStart): boolean {
  return lane.open === 0 || (lane.isOfCalls && isCall(start))
}

/** A call that the client is to run. */
function isCall(start: BlockStart): boolean {
  return start.kind === 'tool-call' && start.runBy === 'client'
}
