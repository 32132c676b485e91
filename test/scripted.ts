/** What the tests of this room share: an upstream and a client that do as they are told. */

import { fromUtf8, toUtf8 } from '../src/bytes.ts'
import type { Failure } from '../src/errors.ts'
import type { Outlet, OutletEvents } from '../src/exchange/index.ts'
import {
  type Head,
  type HttpClient,
  Sweep,
  type UpstreamCall,
  type UpstreamHandler,
  type UpstreamRequest,
} from '../src/http/index.ts'

/** An upstream whose answer the test speaks, one call at a time. */
export class ScriptedClient implements HttpClient {
  readonly requests: UpstreamRequest[] = []
  readonly calls: ScriptedCall[] = []

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    this.requests.push(request)
    const call = new ScriptedCall(handler)
    this.calls.push(call)
    return call
  }

  async close(): Promise<void> {}
}

export class ScriptedCall implements UpstreamCall {
  isPaused = false
  isAborted = false
  readonly #handler: UpstreamHandler

  constructor(handler: UpstreamHandler) {
    this.#handler = handler
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  abort(): void {
    this.isAborted = true
  }

  head(status: number, headers: readonly string[] = ['content-type', 'text/event-stream']): this {
    if (!this.isAborted) this.#handler.onHead({ status, headers })
    return this
  }

  /** The chunk is wiped after the call: who kept it without a copy is found out. */
  data(text: string | Uint8Array): this {
    const chunk = typeof text === 'string' ? fromUtf8(text) : Uint8Array.from(text)
    if (!this.isAborted) this.#handler.onData(chunk)
    chunk.fill(0)
    return this
  }

  end(): this {
    if (!this.isAborted) this.#handler.onEnd()
    return this
  }

  error(failure: Failure): this {
    if (!this.isAborted) this.#handler.onError(failure)
    return this
  }
}

/** A client that writes down what it gets. */
export class NotingOutlet implements Outlet {
  head: Head | undefined
  text = ''
  ending: 'open' | 'ended' | 'cut' | 'reset' = 'open'
  isFull = false
  #events: OutletEvents | undefined

  get isOpen(): boolean {
    return this.head !== undefined
  }

  bind(events: OutletEvents): void {
    this.#events = events
  }

  open(head: Head): void {
    this.head = head
  }

  write(bytes: Uint8Array): boolean {
    this.text += toUtf8(bytes)
    return !this.isFull
  }

  end(): void {
    this.ending = 'ended'
    this.#events?.onClosed()
  }

  destroy(): void {
    this.ending = this.ending === 'cut' ? 'reset' : 'cut'
    if (!this.isFull || this.ending === 'reset') this.#events?.onClosed()
  }

  drain(): void {
    this.isFull = false
    this.#events?.onDrain()
  }

  leave(): void {
    this.#events?.onClosed()
  }
}

/** A sweep whose time the test tells. */
export class ManualSweep extends Sweep {
  readonly #clock: { nowMs: number }

  constructor() {
    const clock = { nowMs: 0 }
    super({ everyMs: 2 ** 30, now: () => clock.nowMs })
    this.#clock = clock
  }

  pass(ms: number): void {
    this.#clock.nowMs += ms
    this.run()
  }
}
