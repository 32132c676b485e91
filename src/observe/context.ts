import { Redactor } from '../redact.ts'

/** Two clocks: one for when, one for how long. */
export interface Clock {
  /** Milliseconds since the epoch. */
  wallMs(): number
  /** Milliseconds since some moment, never going back: for durations. */
  monotonicMs(): number
}

/** Knows names and shapes only. One for all: making one costs more than the rest of a context. */
const UNTOLD = new Redactor()

const SYSTEM_CLOCK: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }

/** What a context is made of, where it is not made up. */
export interface RequestContextOptions {
  /** Default: a random one. */
  readonly requestId?: string
  /** Default: the system's. */
  readonly clock?: Clock
  /** Default: an empty one. */
  readonly metadata?: Map<string, unknown>
  /** Takes secrets out of `toJSON`. Default: one that knows names and shapes only. */
  readonly redactor?: Redactor
}

/** What is known of one request while it is served; handed on explicitly, never through globals. */
export class RequestContext {
  /** Of the request: in reports and hooks. */
  readonly requestId: string
  /** When the context was made. */
  readonly startTime: Date
  /** Notes of whoever takes part: hooks, handlers, the host program. */
  readonly metadata: Map<string, unknown>
  /** Counts and times: `streamChunks`, `streamBytes`, `firstTokenMs`, `tokensInput` and so on. */
  readonly metrics: Record<string, number | string | null> = {}
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #redactor: Redactor

  constructor({
    requestId = randomId(),
    clock = SYSTEM_CLOCK,
    metadata = new Map(),
    redactor = UNTOLD,
  }: RequestContextOptions = {}) {
    this.metadata = metadata
    this.requestId = requestId
    this.#clock = clock
    this.startTime = new Date(clock.wallMs())
    this.#startedAt = clock.monotonicMs()
    this.#redactor = redactor
  }

  /** Milliseconds since then. */
  elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#startedAt
  }

  /** Plain data without secrets. */
  toJSON(): Record<string, unknown> {
    const { requestId, startTime, metrics } = this
    const plain = {
      requestId,
      startTime,
      elapsedMs: this.elapsedMs(),
      metrics,
      metadata: Object.fromEntries(this.metadata),
    }
    return JSON.parse(JSON.stringify(plain, this.#redactor.member))
  }
}

function randomId(): string {
  return `req_${crypto.randomUUID().replaceAll('-', '')}`
}
