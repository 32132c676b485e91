import type { StreamReport } from '../observe/index.ts'
import { Roster, type RosterItem } from '../roster.ts'

/** How many reports of ended exchanges are kept in memory. */
const RECENT = 1000

/** Something that can be stopped from outside. */
export interface Stoppable extends RosterItem {
  cancel(why: 'operator' | 'drain'): void
}

/** The exchanges of this process: those that are open, and the reports of the last ones that ended. */
export class Streams {
  readonly #open = new Roster<Stoppable>()
  /** A ring: the oldest report stands at `#next` once it has gone round. */
  readonly #recent: StreamReport[] = []
  #next = 0
  #onIdle: (() => void) | undefined

  get openCount(): number {
    return this.#open.size
  }

  enter(stream: Stoppable): void {
    this.#open.add(stream)
  }

  leave(stream: Stoppable): void {
    this.#open.delete(stream)
    if (this.#open.size === 0) this.#onIdle?.()
  }

  note(report: StreamReport): void {
    this.#recent[this.#next] = report
    this.#next = (this.#next + 1) % RECENT
  }

  /**
   * The newest reports first.
   * @param key only those of this key; undefined: all
   */
  recent(limit: number, key?: string): StreamReport[] {
    const found: StreamReport[] = []
    for (let back = 1; back <= this.#recent.length && found.length < limit; back++) {
      const report = this.#recent[(this.#next - back + RECENT) % RECENT] as StreamReport
      if (key === undefined || report.key === key) found.push(report)
    }
    return found
  }

  find(id: string, key?: string): StreamReport | undefined {
    return this.#recent.find(report => report.id === id && (key === undefined || report.key === key))
  }

  /** Lets open exchanges end, and stops those that have not when the budget is spent. */
  async drain(budgetMs: number): Promise<void> {
    if (this.#open.size === 0) return
    const idle = new Promise<void>(resolve => {
      this.#onIdle = resolve
    })
    const timer = setTimeout(() => {
      this.#open.visit(stream => stream.cancel('drain'))
    }, budgetMs)
    await idle
    clearTimeout(timer)
  }
}
