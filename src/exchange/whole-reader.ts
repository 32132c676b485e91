import { concat, copy, toUtf8 } from '../bytes.ts'
import type { Dialect, Reading } from '../dialects/index.ts'
import { MemberCollector } from '../json/index.ts'

/** A body up to here is parsed at its end: 3 µs for a short answer, where collecting its members takes 14. */
const SMALL_BYTES = 16 * 1024

/** Reads a whole body while it passes, in bounded memory. */
export class WholeReader {
  readonly #dialect: Dialect
  #small: Uint8Array[] = []
  #smallBytes = 0
  #collector: MemberCollector | undefined

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  push(chunk: Uint8Array): void {
    this.#smallBytes += chunk.length
    if (this.#collector === undefined && this.#smallBytes > SMALL_BYTES) this.#startCollecting()
    if (this.#collector === undefined) this.#small.push(copy(chunk))
    else this.#collector.push(chunk)
  }

  /** @returns undefined when what has come is not a whole body */
  read(): Reading | undefined {
    const members = this.#collector === undefined ? membersOf(concat(this.#small)) : collected(this.#collector)
    return members && this.#dialect.whole.read(members)
  }

  #startCollecting(): void {
    this.#collector = new MemberCollector(this.#dialect.whole.members)
    for (const chunk of this.#small) this.#collector.push(chunk)
    this.#small = []
  }
}

type Members = Readonly<Record<string, unknown>>

function collected(collector: MemberCollector): Members | undefined {
  return collector.isComplete ? Object.fromEntries(collector.values()) : undefined
}

/** The members of an object, or of all objects in an array; undefined for what is not JSON. */
function membersOf(body: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(toUtf8(body))
    // Not assigned into one object: a member named `__proto__` would become its prototype.
    return Array.isArray(value)
      ? Object.fromEntries(value.flatMap(item => Object.entries(Object(item))))
      : Object(value)
  } catch {
    return undefined
  }
}
