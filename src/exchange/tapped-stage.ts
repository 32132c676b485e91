import type { EventTap } from '../convert/index.ts'
import type { Failure } from '../errors.ts'
import type { Emit, Seen, Stage } from './stage.ts'

/** Another stage, beside which the events of the answer are read; no byte of it changes. */
export class TappedStage implements Stage {
  readonly seen: Seen
  readonly changesBody: boolean
  readonly #inner: Stage
  readonly #tap: EventTap

  constructor(inner: Stage, tap: EventTap) {
    this.seen = inner.seen
    this.changesBody = inner.changesBody ?? false
    this.#inner = inner
    this.#tap = tap
  }

  push(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    this.#tap.push(chunk)
    this.#inner.push(chunk, out)
  }

  end(out: Emit<Uint8Array>): void {
    this.#tap.end()
    this.#inner.end(out)
  }

  fail(failed: Failure, out: Emit<Uint8Array>): void {
    this.#tap.fail(failed)
    this.#inner.fail(failed, out)
  }

  catchUp(): void {
    this.#inner.catchUp?.()
  }

  release(): void {
    this.#tap.release()
    this.#inner.release?.()
  }
}
