import type { Head } from '../http/index.ts'

/**
 * The client's side of an exchange: a socket, a `Response`, a collector.
 *
 * Only the exchange calls it, in this order: `bind`, `open` once, `write`, then `end` or `destroy`.
 */
export interface Outlet {
  bind(events: OutletEvents): void
  open(head: Head): void
  /**
   * Whole frames, valid only during the call: what is kept is copied.
   * @returns false when full: the exchange pauses the upstream until `onDrain`
   */
  write(bytes: Uint8Array): boolean
  end(): void
  /** A visible cut. What was written still goes out as far as the client reads it; called again: at once. */
  destroy(): void
}

export interface OutletEvents {
  onDrain(): void
  /** The client's side is over, once: it was served to the end, or it left, perhaps before `open`. */
  onClosed(): void
}
