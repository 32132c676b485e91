import type { DialectName } from '../dialects/index.ts'
import type { RawHeaders } from '../http/index.ts'

/** One request that came, and what became of it. Header values, keys included, stand as received. */
export interface SeenRequest {
  /** Counts requests from 1. */
  readonly seq: number
  /** When it came, milliseconds since the epoch. */
  readonly time: number
  readonly method: string
  /** Path and query as on the wire. */
  readonly path: string
  readonly headers: RawHeaders
  /** Text of the body, at most 256 KiB of it. */
  readonly body: string
  readonly dialect: DialectName
  /** Status sent; null before the head. */
  readonly status: number | null
  /** Milliseconds from the request to the head; null before. */
  readonly headMs: number | null
  /** Events sent so far; a whole body counts as two halves. */
  readonly frames: number
  /** The response ended as HTTP responses do; faults that cut it and clients that leave prevent that. */
  readonly complete: boolean
  /** The client closed the connection before the end. */
  readonly hungUp: boolean
  /** When it did: milliseconds from the head, or from the request when there was no head. */
  readonly hungUpMs: number | null
}

/** Requests remembered. */
const MAX_SEEN = 1000

/** Text of a body remembered, in bytes. */
const MAX_BODY_BYTES = 256 * 1024

type Arrival = Pick<SeenRequest, 'time' | 'method' | 'path' | 'headers' | 'dialect'>

/** What came, the last 1000 of it. */
export class RequestLog {
  #seen: Sighting[] = []
  #count = 0

  add(arrival: Arrival): Sighting {
    this.#count += 1
    const sighting = new Sighting(this.#count, arrival)
    this.#seen.push(sighting)
    if (this.#seen.length > MAX_SEEN) this.#seen.shift()
    return sighting
  }

  /** Requests with a higher number than `since`, oldest first. */
  list(since: number): readonly SeenRequest[] {
    return this.#seen.map(sighting => sighting.seen).filter(({ seq }) => seq > since)
  }

  /** Forgets what came; the count goes on. */
  clear(): void {
    this.#seen = []
  }
}

/** Writes down what becomes of one request. */
export class Sighting {
  readonly #seen: { -readonly [Member in keyof SeenRequest]: SeenRequest[Member] }

  constructor(seq: number, arrival: Arrival) {
    const nothingYet = {
      body: '',
      status: null,
      headMs: null,
      frames: 0,
      complete: false,
      hungUp: false,
      hungUpMs: null,
    }
    this.#seen = { seq, ...arrival, ...nothingYet }
  }

  /** How it stands, as a copy. */
  get seen(): SeenRequest {
    return { ...this.#seen }
  }

  bodyRead(body: Buffer): void {
    this.#seen.body = body.toString('utf8', 0, MAX_BODY_BYTES)
  }

  headSent(status: number, now: number): void {
    this.#seen.status = status
    this.#seen.headMs = now - this.#seen.time
  }

  frameSent(): void {
    this.#seen.frames += 1
  }

  closed(complete: boolean, hungUp: boolean, now: number): void {
    const { time, headMs } = this.#seen
    this.#seen.complete = complete
    this.#seen.hungUp = hungUp
    this.#seen.hungUpMs = hungUp ? now - time - (headMs ?? 0) : null
  }
}
