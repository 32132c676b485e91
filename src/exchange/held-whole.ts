import { GrowingBytes } from '../bytes.ts'
import { type Dialect, type Edit, emptyReading, type Reading } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { NAME, renameInBody } from './rewrite-model.ts'
import type { Emit, Seen, Stage } from './stage.ts'
import { WholeReader } from './whole-reader.ts'

/** A whole body that is held until it has ended, and names the model as the client does where that is wished. */
export class HeldWholeStage implements Stage {
  readonly seen: Seen & { reading: Reading }
  readonly changesBody = true
  readonly #dialect: Dialect
  readonly #model: string | undefined
  readonly #maxBytes: number
  readonly #made: Set<Edit>
  readonly #reader: WholeReader
  readonly #kept = new GrowingBytes()

  /** @param model the name to put in the place of the upstream's; undefined leaves that */
  constructor(dialect: Dialect, model: string | undefined, maxBytes: number, made: Set<Edit>) {
    this.#dialect = dialect
    this.#model = model
    this.#maxBytes = maxBytes
    this.#made = made
    this.#reader = new WholeReader(dialect)
    this.seen = { reading: emptyReading(), isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array): void {
    if (this.#kept.length + chunk.length > this.#maxBytes) {
      this.#kept.clear()
      const message = `Cannot hold the answer: over the limit \`messageBytes\` of ${this.#maxBytes} bytes`
      this.seen.reading.failure = failure('upstream', message)
    } else {
      this.#kept.push(chunk)
      this.#reader.push(chunk)
    }
  }

  /** What is not whole is not read, and goes out as the half that it is. */
  end(out: Emit<Uint8Array>): void {
    const reading = this.#reader.read()
    if (reading !== undefined) this.seen.reading = { ...reading, isTerminal: true }
    const { bytes } = this.#kept
    const renamed = this.#model === undefined ? bytes : renameInBody(bytes, this.#dialect.modelAt, this.#model)
    if (renamed !== bytes) this.#made.add(NAME)
    out(renamed)
  }

  /** Nothing can be added to a body that was cut: the cut itself must be seen. */
  fail(): void {}
}
