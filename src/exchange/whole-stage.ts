import type { Dialect, Reading } from '../dialects/index.ts'
import { emptyReading } from '../dialects/index.ts'
import type { Emit, Seen, Stage } from './stage.ts'
import { WholeReader } from './whole-reader.ts'

const OPENING_BRACKET = 0x5b

/** A whole body, forwarded as it comes and metered without being parsed. */
export class WholeStage implements Stage {
  readonly seen: Seen & { reading: Reading }
  readonly #reader: WholeReader

  constructor(dialect: Dialect) {
    this.#reader = new WholeReader(dialect)
    this.seen = { reading: emptyReading(), isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    this.#reader.push(chunk)
    // The items of an array are the chunks of a stream (Gemini without `alt=sse`): they do not wait for the last.
    this.seen.isReady ||= chunk[0] === OPENING_BRACKET
    out(chunk)
  }

  /** What is not whole is not read: half of an answer looks like another answer. */
  end(): void {
    const reading = this.#reader.read()
    if (reading !== undefined) this.seen.reading = { ...reading, isTerminal: true }
  }

  /** Nothing can be added to a body that was cut: the cut itself must be seen. */
  fail(): void {}
}

/** Bytes that are none of our business: passed on, counted, not read. */
export class PassStage implements Stage {
  readonly seen: Seen = { reading: emptyReading(), isReady: false, midFrame: false }

  push(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    this.seen.isReady = true
    out(chunk)
  }

  end(): void {
    this.seen.isReady = true
    this.seen.reading.isTerminal = true
  }

  fail(): void {}
}
