import { concat, copy } from '../bytes.ts'
import type { Failure } from '../errors.ts'
import type { Head, UpstreamCall, UpstreamHandler } from '../http/index.ts'
import type { Adapter, Attempt } from './adapter.ts'
import type { Stage } from './stage.ts'

/** Who is told what a run brings. */
export interface RunOwner {
  /** A connection has the request. */
  onConnect(run: Run): void
  /** The status line and the headers have come. */
  onHead(run: Run, head: Head): void
  /** What one read has brought; the chunk is valid only during the call. */
  onData(run: Run, chunk: Uint8Array): void
  /** The body has ended as bodies do. */
  onEnd(run: Run): void
  /** The connection failed. */
  onError(run: Run, failure: Failure): void
}

/** One attempt under way: its call, its stage, and what is held of it until it wins. */
export class Run implements UpstreamHandler {
  readonly attempt: Attempt
  readonly sentAt: number
  /** The attempt's adapter, unless the upstream's head made somebody choose another. */
  adapter: Adapter
  head: Head | undefined
  headAt = 0
  stage: Stage | undefined
  /** The stage's output before the head went out; or, without a stage, what came of the body. */
  held: Uint8Array[] = []
  heldBytes = 0
  hasEnded = false

  readonly #owner: RunOwner
  #call: UpstreamCall | undefined
  #isAborted = false

  constructor(owner: RunOwner, attempt: Attempt, now: number) {
    this.#owner = owner
    this.attempt = attempt
    this.adapter = attempt.adapter
    this.sentAt = now
  }

  send(): void {
    const call = this.attempt.client.send(this.attempt.request, this)
    this.#call = call
    if (this.#isAborted) call.abort()
  }

  pause(): void {
    this.#call?.pause()
  }

  resume(): void {
    this.#call?.resume()
  }

  /** Harmless after the end, and before the call is there. */
  abort(): void {
    if (this.hasEnded || this.#isAborted) return
    this.#isAborted = true
    this.#call?.abort()
  }

  hold(bytes: Uint8Array): void {
    this.held.push(bytes)
    this.heldBytes += bytes.length
  }

  /** What is held is only borrowed until here. */
  keepHeld(from: number): void {
    for (let at = from; at < this.held.length; at++) this.held[at] = copy(this.held[at] as Uint8Array)
  }

  takeHeld(): Uint8Array {
    const bytes = concat(this.held)
    this.held = []
    this.heldBytes = 0
    return bytes
  }

  onConnect(): void {
    this.#owner.onConnect(this)
  }

  onHead(head: Head): void {
    this.#owner.onHead(this, head)
  }

  onData(chunk: Uint8Array): void {
    this.#owner.onData(this, chunk)
  }

  onEnd(): void {
    this.hasEnded = true
    this.#owner.onEnd(this)
  }

  onError(failure: Failure): void {
    this.hasEnded = true
    this.#owner.onError(this, failure)
  }
}

/** Whether its upstream's status is that of an answer. */
export function isAnswer(run: Run): boolean {
  return run.head !== undefined && run.adapter.isAnswer(run.head.status)
}
