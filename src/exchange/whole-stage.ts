import { fromUtf8 } from '../bytes.ts'
import type { Dialect, Reading } from '../dialects/index.ts'
import { emptyReading } from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
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

/** A whole body where a stream was asked for: it is not passed on, and never told as success. */
export class UnexpectedWholeStage implements Stage {
  readonly seen: Seen & { reading: Reading }
  readonly #dialect: Dialect
  readonly #reader: WholeReader

  constructor(dialect: Dialect) {
    this.#dialect = dialect
    this.#reader = new WholeReader(dialect)
    this.seen = { reading: emptyReading(), isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk)
  }

  end(): void {
    const reading = this.#reader.read() ?? emptyReading()
    this.seen.reading = {
      ...reading,
      progress: 0,
      failure: reading.failure ?? failure('upstream', 'Upstream answered a stream request with a whole JSON body'),
    }
  }

  /** The client may have been given an early head, and waits for events. */
  fail(failed: Failure, out: Emit<Uint8Array>): void {
    out(fromUtf8(this.#dialect.failure.encodeInStream(failed, undefined)))
  }
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
