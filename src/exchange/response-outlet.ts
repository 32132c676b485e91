import { copy } from '../bytes.ts'
import { FAILURES, type Failure, failure, StreamingError } from '../errors.ts'
import type { Head } from '../http/index.ts'
import type { Outlet, OutletEvents } from './outlet.ts'

/** What may wait for a reader before the upstream is paused, in bytes. */
const QUEUE_BYTES = 64 * 1024

const CUT: Failure = failure('truncated', 'Stream was cut before its end')

/**
 * The client behind a web `Response`: its body is pulled, and cancelling it is the client leaving.
 *
 * Keeps its own queue, because an errored web stream throws away what its reader has not read yet, and
 * the in-stream error must arrive before the cut.
 */
export class ResponseOutlet implements Outlet {
  /** Resolves when the head is decided. */
  readonly response: Promise<Response>
  #resolve!: (response: Response) => void
  #reject!: (reason: unknown) => void
  #events: OutletEvents | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isWanted = false
  #ending: 'end' | 'cut' | undefined
  #isClosed = false

  constructor() {
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  bind(events: OutletEvents): void {
    this.#events = events
    // Who left before we listened says it no more.
    if (this.#isClosed) queueMicrotask(() => events.onClosed())
  }

  open(head: Head): void {
    const headers = new Headers()
    for (let at = 0; at < head.headers.length; at += 2) headers.append(head.headers[at]!, head.headers[at + 1]!)
    // A web response can say no other status.
    const status = head.status >= 200 && head.status <= 599 ? head.status : FAILURES.upstream.status
    const hasBody = status !== 204 && status !== 205 && status !== 304
    this.#resolve(new Response(hasBody ? this.#body() : null, { status, headers }))
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isClosed) return true
    this.#queue.push(copy(bytes))
    this.#queuedBytes += bytes.length
    this.#deliver()
    return this.#queuedBytes < QUEUE_BYTES
  }

  end(): void {
    this.#ending ??= 'end'
    this.#deliver()
  }

  destroy(): void {
    if (this.#ending === 'cut') this.#queue.length = 0
    this.#ending = 'cut'
    this.#deliver()
  }

  /** The reader's side asks to stop, as a client that hangs up. */
  abort(reason: unknown): void {
    if (this.#isClosed) return
    this.#controller?.error(reason)
    this.#reject(reason)
    this.#close()
  }

  #body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => {
          this.#isWanted = true
          this.#deliver()
        },
        cancel: () => this.#close(),
      },
      { highWaterMark: 0 },
    )
  }

  #deliver(): void {
    if (this.#isClosed) return
    const controller = this.#controller
    if (controller === undefined) {
      if (this.#ending !== undefined) this.#close()
      return
    }
    const next = this.#isWanted ? this.#queue.shift() : undefined
    if (next !== undefined) {
      const wasFull = this.#queuedBytes >= QUEUE_BYTES
      this.#queuedBytes -= next.length
      this.#isWanted = false
      controller.enqueue(next)
      if (wasFull && this.#queuedBytes < QUEUE_BYTES) this.#events?.onDrain()
    } else if (this.#queue.length === 0 && this.#ending !== undefined) {
      if (this.#ending === 'end') controller.close()
      else controller.error(new StreamingError(CUT))
      this.#close()
    }
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#queue.length = 0
    this.#events?.onClosed()
  }
}
