import { type Failure, failure, messageOf } from '../errors.ts'
import type { StreamEvent } from './event.ts'
import { Grammar } from './grammar.ts'

/**
 * What becomes of an event of an answer: the event itself, another one, several in their order, or
 * nothing. Synchronous; what it throws fails the answer.
 *
 * Leaving out a `block-start` leaves out the block: its other events are not asked about. A block of one's
 * own gets an index that no block of the upstream has, a negative one; blocks are numbered anew. Every
 * `message-start`, `usage`, `choice-end` and `message-end` may be changed and have others beside it, but not
 * be left out. An `error` is told and stays.
 */
export type MapEvents = (event: StreamEvent) => StreamEvent | readonly StreamEvent[] | undefined

/** One event of the upstream, and what it became. */
export interface MappedEvent {
  /** As the upstream told it. */
  readonly event: StreamEvent
  /** What goes on, with its blocks numbered anew; the event itself where nothing has changed. */
  readonly results: readonly StreamEvent[]
}

/** What an answer needs, whatever is made of the rest. */
const KEPT: ReadonlySet<StreamEvent['type']> = new Set(['message-start', 'usage', 'choice-end', 'message-end'])

/**
 * Asks a user's function what becomes of every event of one answer, and keeps the grammar: what it breaks
 * ends the answer with an error, and so does what it throws. Nothing follows the end.
 */
export class EventMap {
  readonly #map: MapEvents
  readonly #grammar = new Grammar()
  /** The blocks that go on: their new indices by those that the function knows. */
  readonly #indices = new Map<number, number>()
  readonly #open = new Set<number>()
  /** Blocks whose start was left out. */
  readonly #leftOut = new Set<number>()
  #nextIndex = 0
  #isOver = false
  /** Blocks that come get other numbers than the upstream's, or have got some. */
  isRenumbered = false
  /** Why the function has ended the answer; undefined while it has not. */
  failure: Failure | undefined

  constructor(map: MapEvents) {
    this.#map = map
  }

  /** What the next event becomes, in order; nothing after the end. */
  push(event: StreamEvent): readonly StreamEvent[] {
    if (this.#isOver || this.#isLeftOut(event)) return NOTHING
    let result: ReturnType<MapEvents>
    try {
      result = this.#map(event)
    } catch (error) {
      return this.#fail(messageOf(error))
    }
    if (event.type === 'error') return this.#end(event)
    if (result === event && !this.isRenumbered && event.type !== 'block-start' && event.type !== 'block-end')
      return this.#check(event) ?? [event]
    return this.#take(event, listOf(result))
  }

  /** The answer has failed elsewhere: what is open is closed. */
  fail(failed: Failure): readonly StreamEvent[] {
    return this.#isOver ? NOTHING : this.#end({ type: 'error', failure: failed })
  }

  #isLeftOut(event: StreamEvent): boolean {
    return (
      this.#leftOut.size > 0 &&
      'index' in event &&
      event.type !== 'block-start' &&
      event.index !== undefined &&
      this.#leftOut.has(event.index)
    )
  }

  #take(event: StreamEvent, list: readonly StreamEvent[]): readonly StreamEvent[] {
    if (KEPT.has(event.type) && !list.some(({ type }) => type === event.type))
      return this.#fail(`\`${event.type}\` cannot be left out`)
    if (event.type === 'block-start' && !list.some(one => one.type === 'block-start' && one.index === event.index))
      this.#leaveOut(event.index)
    const results: StreamEvent[] = []
    for (const one of list) {
      if (one.type === 'error') return [...results.filter(isBeforeEnd), ...this.#stop(one.failure)]
      if (isEmpty(one)) continue
      const stray = this.#strayIn(one)
      if (stray !== undefined) return [...results.filter(isBeforeEnd), ...this.#fail(stray)]
      const numbered = this.#number(one)
      const wrong = this.#check(numbered)
      if (wrong !== undefined) return [...results.filter(isBeforeEnd), ...wrong]
      results.push(numbered)
    }
    return results
  }

  #leaveOut(index: number): void {
    this.#leftOut.add(index)
    this.isRenumbered = true
  }

  /** What is wrong with the block that the event names. */
  #strayIn(event: StreamEvent): string | undefined {
    if (!('index' in event) || event.index === undefined) return undefined
    const isKnown = this.#indices.has(event.index)
    if (event.type === 'block-start') return isKnown ? `there is a block ${event.index} already` : undefined
    return isKnown ? undefined : `${event.type} for block ${event.index}, which is not open`
  }

  /** The event under the new number of its block; itself where that is the old one. */
  #number(event: StreamEvent): StreamEvent {
    if (!('index' in event) || event.index === undefined) return event
    const index = event.type === 'block-start' ? this.#nextNumber(event.index) : this.#indices.get(event.index)
    if (event.type === 'block-end') this.#indices.delete(event.index)
    return index === undefined || index === event.index ? event : { ...event, index }
  }

  #nextNumber(known: number): number {
    const index = this.#nextIndex++
    this.isRenumbered ||= index !== known
    this.#indices.set(known, index)
    return index
  }

  /** @returns what ends the answer, if the event stands where it cannot */
  #check(event: StreamEvent): readonly StreamEvent[] | undefined {
    const wrong = this.#grammar.push(event)
    if (wrong !== undefined) return this.#fail(`${wrong}`)
    if (event.type === 'block-start') this.#open.add(event.index)
    else if (event.type === 'block-end') this.#open.delete(event.index)
    else if (event.type === 'message-end') this.#isOver = true
    return undefined
  }

  #fail(why: string): readonly StreamEvent[] {
    return this.#stop(failure('upstream', `Cannot map the events of the answer: ${why}`, { status: 500 }))
  }

  #stop(failed: Failure): readonly StreamEvent[] {
    this.failure = failed
    return this.#end({ type: 'error', failure: failed })
  }

  #end(event: StreamEvent & { readonly type: 'error' }): readonly StreamEvent[] {
    this.#isOver = true
    return [...[...this.#open].map(index => ({ type: 'block-end', index }) as const), event]
  }
}

const NOTHING: readonly StreamEvent[] = []

function listOf(result: ReturnType<MapEvents>): readonly StreamEvent[] {
  if (result === undefined || result === null) return NOTHING
  return isList(result) ? result : [result]
}

function isList(result: StreamEvent | readonly StreamEvent[]): result is readonly StreamEvent[] {
  return Array.isArray(result)
}

/** What has an error behind it has no end. */
function isBeforeEnd({ type }: StreamEvent): boolean {
  return type !== 'message-end'
}

/** A delta that says nothing is none. */
function isEmpty(event: StreamEvent): boolean {
  switch (event.type) {
    case 'text-delta':
      return event.text === '' && event.logprobs === undefined
    case 'payload-delta':
      return event.text === ''
    case 'data-delta':
      return event.base64 === ''
    default:
      return false
  }
}
