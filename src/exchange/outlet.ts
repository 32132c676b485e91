import type { Head } from '../http/index.ts'

/**
 * The client's side of an exchange: a socket, a `Response`, a collector.
 *
 * Only the exchange calls it, in this order: `bind`, `open` once, `write`, then `end` or `destroy`.
 */
export interface Outlet {
  /** Says who is told what the client does. */
  bind(events: OutletEvents): void
  /** The client's status and headers. */
  open(head: Head): void
  /**
   * Whole frames, valid only during the call: what is kept is copied.
   * @returns false when full: the exchange pauses the upstream until `onDrain`
   */
  write(bytes: Uint8Array): boolean
  /** The answer is complete. */
  end(): void
  /** A visible cut. What was written still goes out as far as the client reads it; called again: at once. */
  destroy(): void
}

/** What an outlet tells its exchange. */
export interface OutletEvents {
  /** The client takes bytes again, after `write` gave false. */
  onDrain(): void
  /** The client's side is over, once: it was served to the end, or it left, perhaps before `open`. */
  onClosed(): void
}
