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

  read(): Reading {
    return this.#dialect.whole.read(
      this.#collector === undefined ? membersOf(concat(this.#small)) : Object.fromEntries(this.#collector.values()),
    )
  }

  #startCollecting(): void {
    this.#collector = new MemberCollector(this.#dialect.whole.members)
    for (const chunk of this.#small) this.#collector.push(chunk)
    this.#small = []
  }
}

/** The members of an object, or of all objects in an array; none in what is not JSON. */
function membersOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(toUtf8(body))
    return Array.isArray(value) ? Object.assign({}, ...value) : Object(value)
  } catch {
    return {}
  }
}
