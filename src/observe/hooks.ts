import type { UpstreamRequest } from '../http/index.ts'
import type { HookEvent, ObservedState, PreparedState } from './hook-events.ts'
import { HookQueue, isFlood } from './hook-queue.ts'
import { type After, type Hook, HookRunner } from './hook-runner.ts'

/** How much may wait for hooks, and how long one is waited for. */
export interface HookManagerOptions {
  /** States that may wait for hooks before chunks are merged. Default 1024. */
  readonly queueLimit?: number
  /** How long one call is waited for, in milliseconds. Default 5000. */
  readonly hookLimitMs?: number
  /** Told of the first error of each hook name; all are counted. */
  readonly onError?: (hook: string, error: unknown) => void
  /** Default: `setTimeout`. */
  readonly after?: After
}

/** What went wrong with hooks so far. */
export interface HookCounts {
  /** Calls that threw, rejected or took too long. */
  readonly errors: number
  /** Calls that were not made, because the hook was still hanging in earlier ones. */
  readonly passedOver: number
  /** Chunks that joined another in the queue. */
  readonly merged: number
  /** Chunks and events of streams that found no place in the queue. */
  readonly dropped: number
}

/**
 * Tells hooks what happens, without ever delaying or breaking what they watch.
 *
 * States wait in a bounded queue and are delivered later, one after the other, each to its hooks in
 * order of priority. Starts, ends and errors are never dropped; chunks are merged when hooks are slow.
 * Only `prepare` is awaited. Without hooks nothing costs anything: ask `watches` before making a state.
 */
export class HookManager {
  readonly #runners = new Map<HookEvent, readonly HookRunner[]>()
  readonly #queue: HookQueue
  readonly #limitMs: number
  readonly #onError: (hook: string, error: unknown) => void
  readonly #after: After

  #delivery: Promise<void> | undefined
  /** Ends the present wait for a hook. */
  #stopWaiting: () => void = () => {}
  readonly #reported = new Set<string>()
  #errors = 0
  #passedOver = 0

  constructor({
    queueLimit = 1024,
    hookLimitMs = 5000,
    onError = () => {},
    after = startTimer,
  }: HookManagerOptions = {}) {
    this.#queue = new HookQueue(queueLimit)
    this.#limitMs = hookLimitMs
    this.#onError = onError
    this.#after = after
  }

  /** Hooks of one priority run in the order of their registration. Gives back how to unregister. */
  register(hook: Hook): () => void {
    const runner = new HookRunner(hook, { limitMs: this.#limitMs, after: this.#after, onError: this.#count })
    const events = new Set(hook.events)
    for (const event of events) this.#set(event, [...this.#watching(event), runner])
    return () => {
      for (const event of events)
        this.#set(
          event,
          this.#watching(event).filter(other => other !== runner),
        )
    }
  }

  /** Whether any hook watches this event: ask before a state is made. */
  watches(event: HookEvent): boolean {
    return this.#runners.has(event)
  }

  /** What went wrong so far. */
  get counts(): HookCounts {
    const { merged, dropped } = this.#queue
    return { errors: this.#errors, passedOver: this.#passedOver, merged, dropped }
  }

  /** Queues a state for the hooks that watch its event, and returns at once. */
  emit(state: ObservedState): void {
    if (!this.watches(state.event)) return
    this.#queue.push(state)
    if (this.#queue.isFull) this.#stopWaiting()
    this.#delivery ??= this.#deliverSoon()
  }

  /**
   * Lets hooks change a request before it is sent, and gives back what is to be sent. The change of a
   * hook that fails or takes too long is dropped and the error reported.
   */
  async prepare(state: PreparedState): Promise<UpstreamRequest> {
    let prepared = state
    for (const runner of this.#callable(state.event, false)) {
      const changed = await runner.call(prepared)
      if (changed?.event === state.event) prepared = changed
    }
    return prepared.data
  }

  /** Delivers what is queued. False when that took longer than `timeoutMs`. */
  async drain(timeoutMs = 5000): Promise<boolean> {
    const delivery = this.#delivery
    if (delivery === undefined) return true
    return new Promise(resolve => {
      const cancel = this.#after(timeoutMs, () => resolve(false))
      delivery.then(() => {
        cancel()
        resolve(true)
      })
    })
  }

  /** In a turn of its own, so that hooks never run inside the turn of a stream. */
  async #deliverSoon(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#after(0, resolve)
    })
    for (let state = this.#queue.shift(); state !== undefined; state = this.#queue.shift()) await this.#deliver(state)
    this.#delivery = undefined
  }

  async #deliver(state: ObservedState): Promise<void> {
    for (const runner of this.#callable(state.event, isFlood(state))) {
      const call = runner.call(state)
      if (call instanceof Promise && !this.#queue.isFull) await this.#untilFull(call)
    }
  }

  /** Waits for a call, but not while the queue overflows with what cannot be merged. */
  #untilFull(call: Promise<unknown>): Promise<void> {
    return new Promise(resolve => {
      this.#stopWaiting = resolve
      call.then(() => resolve())
    })
  }

  *#callable(event: HookEvent, isFlood: boolean): Generator<HookRunner> {
    for (const runner of this.#watching(event)) {
      if (runner.canTake(isFlood)) yield runner
      else this.#passedOver++
    }
  }

  #watching(event: HookEvent): readonly HookRunner[] {
    return this.#runners.get(event) ?? []
  }

  #set(event: HookEvent, runners: readonly HookRunner[]): void {
    if (runners.length === 0) this.#runners.delete(event)
    else
      this.#runners.set(
        event,
        runners.toSorted((a, b) => a.priority - b.priority),
      )
  }

  readonly #count = (hook: string, error: unknown): void => {
    this.#errors++
    if (this.#reported.has(hook)) return
    this.#reported.add(hook)
    this.#onError(hook, error)
  }
}

function startTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
