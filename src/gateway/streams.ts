import type { Progress } from '../exchange/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { Roster, type RosterItem } from '../roster.ts'

/** How many reports of ended exchanges are kept in memory. */
const RECENT = 1000

/** An exchange that can be watched and stopped from outside. */
export interface OpenStream extends RosterItem {
  /** Of its exchange. */
  readonly id: string
  cancel(why: 'operator' | 'drain'): void
  /** How far it has come; undefined before it is sent. */
  progress(): Progress | undefined
  /** What its report could say now; undefined before it is sent. */
  reportSoFar(): StreamReport | undefined
}

/** The exchanges of this process: those that are open, and the reports of the last ones that ended. */
export class Streams {
  readonly #open = new Roster<OpenStream>()
  /** A ring: the oldest report stands at `#next` once it has gone round. */
  readonly #recent: StreamReport[] = []
  #next = 0
  #notedCount = 0
  #onIdle: (() => void) | undefined

  get openCount(): number {
    return this.#open.size
  }

  enter(stream: OpenStream): void {
    this.#open.add(stream)
  }

  leave(stream: OpenStream): void {
    this.#open.delete(stream)
    if (this.#open.size === 0) this.#onIdle?.()
  }

  note(report: StreamReport): void {
    this.#recent[this.#next] = report
    this.#next = (this.#next + 1) % RECENT
    this.#notedCount++
  }

  /** How many reports there have been. */
  get notedCount(): number {
    return this.#notedCount
  }

  /** Everybody who is open, in no order. */
  visit(call: (stream: OpenStream) => void): void {
    this.#open.visit(call)
  }

  /**
   * An open one by the id of its exchange.
   * @param key only of this key; undefined: of all
   */
  findOpen(id: string, key?: string): OpenStream | undefined {
    let found: OpenStream | undefined
    this.#open.visit(stream => {
      if (stream.id === id) found = stream
    })
    return key === undefined || found?.progress()?.key === key ? found : undefined
  }

  /**
   * The newest reports first.
   * @param key only those of this key; undefined: all
   * @param within how many reports are looked at
   */
  recent(limit: number, key?: string, within = RECENT): StreamReport[] {
    const found: StreamReport[] = []
    const last = Math.min(within, this.#recent.length)
    for (let back = 1; back <= last && found.length < limit; back++) {
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
