import { concat, copy } from '../bytes.ts'
import type { Outlet, OutletEvents } from '../exchange/index.ts'
import { getHeader, type Head } from '../http/index.ts'

/** A client that wants all of an answer or nothing. */
export class CollectingOutlet implements Outlet {
  /** Resolves when all of the answer is there; undefined when it was cut, or nobody waits any more. */
  readonly answer: Promise<{ readonly head: Head; readonly body: Uint8Array } | undefined>
  #resolve!: (answer: { readonly head: Head; readonly body: Uint8Array } | undefined) => void
  #events: OutletEvents | undefined
  #head: Head | undefined
  readonly #chunks: Uint8Array[] = []
  #bytes = 0

  constructor() {
    this.answer = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  bind(events: OutletEvents): void {
    this.#events = events
  }

  open(head: Head): void {
    this.#head = head
  }

  write(bytes: Uint8Array): boolean {
    this.#chunks.push(copy(bytes))
    this.#bytes += bytes.length
    // Who has all of it need not wait until the upstream has ended too.
    if (getHeader(this.#head?.headers ?? [], 'content-length') === String(this.#bytes)) this.#give()
    return true
  }

  end(): void {
    this.#give()
    this.#events?.onClosed()
  }

  destroy(): void {
    this.#resolve(undefined)
    this.#events?.onClosed()
  }

  #give(): void {
    if (this.#head === undefined) this.#resolve(undefined)
    else this.#resolve({ head: this.#head, body: concat(this.#chunks) })
  }
}
