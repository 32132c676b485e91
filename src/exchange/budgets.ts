/** How long each part of an exchange may take, in milliseconds. Zero or less switches a budget off. */
export interface Budgets {
  /** To the upstream's status line of a stream. Default 300 000. */
  readonly headMs: number
  /** To the upstream's status line of a whole body, which comes when all is generated. Default 600 000. */
  readonly wholeHeadMs: number
  /** From the request to the first event that carries content. Default 600 000. */
  readonly firstTokenMs: number
  /** Between events that carry content; pings and comments do not count. Default 600 000. */
  readonly idleMs: number
  /** What an upstream may still send after its last candidate finished. Default 2 000. */
  readonly trailerMs: number
  /** The whole exchange. Default 3 600 000. */
  readonly totalMs: number
  /** A full client socket that does not empty. Default 30 000. */
  readonly clientStallMs: number
  /** Silence toward the client before a keep-alive frame. Default 15 000. */
  readonly pingAfterMs: number
  /** How long an upstream's good status waits for the first frame, so that an error there is still a status. Default 250. */
  readonly headHoldMs: number
  /**
   * Open a stream's client with 200 and keep-alives when the upstream has not answered for so long.
   * The upstream's own status and headers are then lost to the client. Default 0: off.
   */
  readonly earlyHeadMs: number
}

/** The budgets of an exchange that brings none. */
export const DEFAULT_BUDGETS: Budgets = {
  headMs: 300_000,
  wholeHeadMs: 600_000,
  firstTokenMs: 600_000,
  idleMs: 600_000,
  trailerMs: 2_000,
  totalMs: 3_600_000,
  clientStallMs: 30_000,
  pingAfterMs: 15_000,
  headHoldMs: 250,
  earlyHeadMs: 0,
}

/** How much an exchange may hold in memory, in bytes. */
export interface Limits {
  /** A torn frame that waits for its end; a longer one passes in pieces. Default 256 KiB. */
  readonly holdBytes: number
  /** The longest frame that is metered. Default 8 MiB. */
  readonly eventBytes: number
  /** The largest answer that is held as a whole, to be collected or converted. Default 64 MiB. */
  readonly messageBytes?: number
}

/** The limits of an exchange that brings none: 256 KiB, 8 MiB and 64 MiB. */
export const DEFAULT_LIMITS: Required<Limits> = {
  holdBytes: 256 * 1024,
  eventBytes: 8 * 1024 * 1024,
  messageBytes: 64 * 1024 * 1024,
}

/** What is held of an answer before its head goes out; more commits it. */
export const HANDSHAKE_BYTES = 64 * 1024

/** What is read of an upstream's error body, and how long it may take to come. */
export const ERROR_BODY_BYTES = 1024 * 1024
export const ERROR_BODY_MS = 10_000
