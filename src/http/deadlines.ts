import { Roster, type RosterItem } from '../roster.ts'

/** Something with budgets of time. */
export interface SweepTarget extends RosterItem {
  /** Called about every `everyMs` while the target is in a sweep; must not throw. */
  sweep(nowMs: number): void
}

/** How often a sweep asks, and by which clock. */
export interface SweepOptions {
  /** How often the targets are asked, in milliseconds: the precision of every budget. Default 50. */
  readonly everyMs?: number
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number
}

/**
 * One coarse timer for the budgets of all exchanges, in place of several timers for each.
 *
 * The timer runs only while there are targets, and does not keep the process alive. Targets may be
 * added and deleted at any time, also during a sweep: a deleted one is not asked any more, and an added
 * one from the next sweep on. No order is promised.
 */
export class Sweep {
  readonly #targets = new Roster<SweepTarget>()
  readonly #everyMs: number
  readonly #now: () => number
  #timer: ReturnType<typeof setInterval> | undefined

  constructor({ everyMs = 50, now = () => performance.now() }: SweepOptions = {}) {
    this.#everyMs = everyMs
    this.#now = now
  }

  /** The clock that targets are asked by, in milliseconds. */
  now(): number {
    return this.#now()
  }

  /** Asks this target too, from the next turn on. */
  add(target: SweepTarget): void {
    this.#targets.add(target)
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.run(), this.#everyMs)
    // Absent where timers are numbers.
    this.#timer.unref?.()
  }

  /** The timer stops at its next turn if nobody has come till then: short requests would start it anew each. */
  delete(target: SweepTarget): void {
    this.#targets.delete(target)
  }

  /** Asks every target now; what the timer does. */
  run(): void {
    if (this.#targets.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const nowMs = this.#now()
    this.#targets.visit(target => target.sweep(nowMs))
  }
}

/** The sweep that all exchanges of a process share. */
export const sharedSweep = new Sweep()

/** Cloudflare's runtime stops the timers of a request with it, and lets none of them touch another request. */
const TIMERS_END_WITH_REQUESTS = globalThis.navigator?.userAgent === 'Cloudflare-Workers'

/** The sweep for an exchange that brings none: the shared one, where a timer may serve several requests. */
export function sweepOfExchange(): Sweep {
  return TIMERS_END_WITH_REQUESTS ? new Sweep() : sharedSweep
}
