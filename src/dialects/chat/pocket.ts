import type { Native } from '../../model/index.ts'
import { objectOf } from '../value.ts'
import { nativeOf, spoken } from './tables.ts'

/**
 * Members that only this dialect knows, as they are said in the course of a stream: the last word
 * counts, objects are merged, null says nothing.
 */
export class Pocket {
  readonly #said = new Map<string, unknown>()
  /** What was said, or said anew, since it was last taken. */
  readonly #fresh = new Set<string>()

  note(name: string, value: unknown): void {
    const known = this.#said.get(name)
    if (value === null || value === undefined || value === known) return
    const merged = merge(known, value)
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(merged)) return
    this.#said.set(name, merged)
    this.#fresh.add(name)
  }

  /** All members that were said; undefined for none. */
  get members(): Record<string, unknown> | undefined {
    return this.#said.size === 0 ? undefined : Object.fromEntries(this.#said)
  }

  /** The members that are new since the last time. */
  take(): Native | undefined {
    if (this.#fresh.size === 0) return undefined
    const members = Object.fromEntries([...this.#said].filter(([name]) => this.#fresh.has(name)))
    this.#fresh.clear()
    return nativeOf(members)
  }
}

function merge(known: unknown, said: unknown): unknown {
  const object = objectOf(said)
  if (object === undefined) return said
  const earlier = objectOf(known)
  return earlier === undefined ? spoken(object) : { ...earlier, ...spoken(object) }
}
