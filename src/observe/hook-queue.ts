import type { ChunkState, ObservedState } from './hook-events.ts'

/**
 * States on their way to hooks, oldest first.
 *
 * At the limit a chunk joins the last one of its stream and form, as a sum without bytes; an event of a
 * stream, and a chunk that finds no other, is dropped. Everything else is always taken: starts, ends
 * and errors are a handful for each exchange.
 */
export class HookQueue {
  readonly #limit: number
  readonly #states: ObservedState[] = []
  merged = 0
  dropped = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#states.length
  }

  get isFull(): boolean {
    return this.#states.length >= this.#limit
  }

  push(state: ObservedState): void {
    if (!this.isFull || !isFlood(state)) this.#states.push(state)
    else if (state.event === 'provider.stream.chunk') this.#merge(state)
    else this.dropped++
  }

  shift(): ObservedState | undefined {
    return this.#states.shift()
  }

  #merge(chunk: ChunkState): void {
    const states = this.#states
    for (let at = states.length - 1; at >= 0; at--) {
      const queued = states[at]
      if (queued?.event !== 'provider.stream.chunk' || !isSameStream(queued, chunk)) continue
      states[at] = sum(queued, chunk)
      this.merged++
      return
    }
    this.dropped++
  }
}

/** What comes in numbers that a slow hook cannot follow. */
export function isFlood(state: ObservedState): boolean {
  return state.event === 'provider.stream.chunk' || state.event === 'provider.stream.event'
}

function isSameStream(a: ChunkState, b: ChunkState): boolean {
  return a.requestId === b.requestId && a.data.form === b.data.form
}

function sum(older: ChunkState, newer: ChunkState): ChunkState {
  const { form, bytes, chunks } = older.data
  return { ...older, data: { form, bytes: bytes + newer.data.bytes, chunks: chunks + newer.data.chunks } }
}
