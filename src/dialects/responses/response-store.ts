import type { Part, Turn } from '../../model/index.ts'

/** A conversation up to an answer, and the answer. */
export interface StoredResponse {
  /** Instructions that stood in the input; those beside it are not handed on. */
  readonly instructions: readonly Part[]
  /** The answer is the last one. */
  readonly turns: readonly Turn[]
  /** Items of the answer that carry what its client cannot show, by their ids: clients name them like any other. */
  readonly carriers?: Readonly<Record<string, readonly Part[]>> | undefined
}

/** Answers that later requests refer to by their ids. Nobody sees what another owner has stored. */
export interface ResponseStore {
  /** The answer of that id and the conversation before it; undefined when none is kept for this owner. */
  get(owner: string, id: string): StoredResponse | undefined
  /** Keeps an answer, with the conversation before it. */
  put(owner: string, id: string, response: StoredResponse): void
  /** The parts of an item of any stored answer. */
  item(owner: string, id: string): readonly Part[] | undefined
}

/** How much a `MemoryResponseStore` holds, and for how long. */
export interface MemoryResponseStoreOptions {
  /** How many answers are held. Default 1000. */
  readonly maxResponses?: number
  /** How large all of them are together, in characters of JSON; what is shared counts each time. Default 64 Mi. */
  readonly maxCharacters?: number
  /** How long one is held after it was last asked for, in milliseconds. Default one hour. */
  readonly maxAgeMs?: number
  /** Milliseconds, from any point in time. */
  readonly now?: () => number
}

interface Entry {
  readonly response: StoredResponse
  readonly size: number
  readonly items: ReadonlyMap<string, readonly Part[]>
  readonly owner: string
  usedAt: number
}

/** Holds the latest answers in memory. What is over a limit is forgotten, the longest unused first. */
export class MemoryResponseStore implements ResponseStore {
  /** The longest unused first. */
  readonly #entries = new Map<string, Entry>()
  readonly #maxResponses: number
  readonly #maxCharacters: number
  readonly #maxAgeMs: number
  readonly #now: () => number
  #characters = 0

  constructor({
    maxResponses = 1000,
    maxCharacters = 64 * 1024 * 1024,
    maxAgeMs = 3_600_000,
    now = Date.now,
  }: MemoryResponseStoreOptions = {}) {
    this.#maxResponses = maxResponses
    this.#maxCharacters = maxCharacters
    this.#maxAgeMs = maxAgeMs
    this.#now = now
  }

  /** How many answers are held. */
  get size(): number {
    return this.#entries.size
  }

  /** The answer of that id, which counts as used by this; undefined when it is not there, or not this owner's. */
  get(owner: string, id: string): StoredResponse | undefined {
    this.#forget()
    const key = keyOf(owner, id)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.usedAt = this.#now()
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.response
  }

  /** One that is larger than all may be is not held at all. */
  put(owner: string, id: string, response: StoredResponse): void {
    const size = JSON.stringify(response).length
    const key = keyOf(owner, id)
    this.#remove(key)
    if (size > this.#maxCharacters) return
    this.#entries.set(key, { response, size, items: itemsOf(response), owner, usedAt: this.#now() })
    this.#characters += size
    this.#forget()
  }

  item(owner: string, id: string): readonly Part[] | undefined {
    this.#forget()
    for (const entry of this.#entries.values()) {
      const parts = entry.owner === owner ? entry.items.get(id) : undefined
      if (parts !== undefined) return parts
    }
    return undefined
  }

  #forget(): void {
    const oldest = this.#now() - this.#maxAgeMs
    for (const [key, { usedAt }] of this.#entries) {
      const isOver = this.#entries.size > this.#maxResponses || this.#characters > this.#maxCharacters
      if (!isOver && usedAt >= oldest) break
      this.#remove(key)
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#characters -= entry.size
  }
}

function keyOf(owner: string, id: string): string {
  return JSON.stringify([owner, id])
}

/** The items of the answer itself: those before it stand with the answers that they are of. */
function itemsOf({ turns, carriers = {} }: StoredResponse): ReadonlyMap<string, readonly Part[]> {
  const items = new Map<string, Part[]>(Object.entries(carriers).map(([id, parts]) => [id, [...parts]]))
  for (const part of turns.at(-1)?.parts ?? []) {
    if (part.item === undefined) continue
    const parts = items.get(part.item)
    if (parts === undefined) items.set(part.item, [part])
    else parts.push(part)
  }
  return items
}
