/**
 * What can go wrong in an exchange, as values, and what callers do wrong, as exceptions.
 *
 * A failure of an upstream is an expected outcome: it travels as a {@link Failure} on the path. A
 * {@link MillraceError} is thrown only for a caller's mistake or a broken limit.
 */

/** One entry of the catalogue. */
export interface CatalogueEntry {
  /** The HTTP status a client gets when nothing of the answer has left yet. */
  readonly status: number
  /** What it means, one sentence. */
  readonly meaning: string
  /** What the reader can do about it, one sentence. */
  readonly remedy: string
}

/** Every failure code, once. `docs/errors.md` is printed from this table. */
export const FAILURES = {
  'bad-request': {
    status: 400,
    meaning: 'The request cannot be read or cannot be honoured as it stands',
    remedy: 'Mend the member that the message names and send it again',
  },
  unauthorized: {
    status: 401,
    meaning: 'No valid key came with the request, or the upstream refused ours',
    remedy: 'Send a key of `server.keys`, or check the `apiKey` of the upstream',
  },
  forbidden: {
    status: 403,
    meaning: 'The key, the Host or the Origin is not allowed to do this',
    remedy: 'Use an allowed key, or add the Host to `server.hosts`, the Origin to `server.origins`',
  },
  'not-found': {
    status: 404,
    meaning: 'No such route, model or object',
    remedy: 'Check the path and the model name; `GET /v1/models` lists the models',
  },
  'too-large': {
    status: 413,
    meaning: 'The request is larger than a limit',
    remedy: 'Send less, or raise the limit that the message names',
  },
  'rate-limited': {
    status: 429,
    meaning: 'The upstream asks for fewer requests',
    remedy: 'Wait as long as `retry-after` says',
  },
  overloaded: {
    status: 529,
    meaning: 'The upstream, or this gateway, has no capacity left at the moment',
    remedy: 'Wait a little and send it again',
  },
  upstream: {
    status: 502,
    meaning: 'The upstream failed, could not be reached, or answered something that is not its API',
    remedy: 'Check the upstream and its `baseUrl`; the message says what came',
  },
  truncated: {
    status: 502,
    meaning: 'The upstream ended the stream without its terminal event',
    remedy: 'Treat the answer as incomplete and ask again',
  },
  timeout: {
    status: 504,
    meaning: 'A budget of time was spent without progress',
    remedy: 'Ask again, or raise the budget that the message names in `timeouts`',
  },
  cancelled: {
    status: 499,
    meaning: 'The client left, an operator stopped the stream, or the gateway is shutting down',
    remedy: 'Nothing to mend; ask again when the gateway is back',
  },
} as const satisfies Record<string, CatalogueEntry>

/** The names of the catalogue. */
export type FailureCode = keyof typeof FAILURES

/** Why an exchange, or one attempt of it, did not succeed. Plain data: safe to log once redacted. */
export interface Failure {
  /** What kind of failure it is, for programs. */
  readonly code: FailureCode
  /** HTTP status that told it, or that tells it best. */
  readonly status: number
  /** For people: action first, state after a colon, no full stop at the end. */
  readonly message: string
  /** How long the upstream asks to wait, in milliseconds. */
  readonly retryAfterMs?: number
  /** The transport's error code, such as `ECONNRESET`, when it was the connection that failed. */
  readonly transport?: string
  /** The provider's own words, when it said any. */
  readonly raw?: { readonly type?: string; readonly code?: string; readonly param?: string }
}

/** What something thrown says, whatever it is. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** A failure with the catalogue's status, unless another is known better. */
export function failure(
  code: FailureCode,
  message: string,
  more: Partial<Omit<Failure, 'code' | 'message'>> = {},
): Failure {
  return { code, status: FAILURES[code].status, message, ...more }
}

export interface MillraceErrorOptions extends ErrorOptions {
  /** A provider's own words for it. */
  readonly raw?: Failure['raw']
}

/** Base of everything this package throws. */
export class MillraceError extends Error {
  override readonly name: string = 'MillraceError'
  /** What kind of error it is, for programs: a name of the catalogue `FAILURES`. */
  readonly code: FailureCode
  /** The provider's own words for it; undefined where it said none. */
  readonly raw: Failure['raw']

  constructor(code: FailureCode, message: string, { raw, ...options }: MillraceErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.raw = raw
  }
}

/** A limit was broken; `limitBytes` or `limit` says which one. */
export class LimitError extends MillraceError {
  /** Tells it from other errors where `instanceof` cannot. */
  override readonly name = 'LimitError'
  /** The limit that was broken, in the unit that the message names. */
  readonly limit: number

  constructor(message: string, limit: number) {
    super('too-large', message)
    this.limit = limit
  }
}

/** Streaming or buffering failed; `status` is what a client should be told. */
export class StreamingError extends MillraceError {
  /** Tells it from other errors where `instanceof` cannot. */
  override readonly name = 'StreamingError'
  /** The HTTP status for a client that has got nothing yet. */
  readonly status: number
  /** Why it failed, with the upstream's own words and when to ask again where that is known. */
  readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.code, failure.message, options)
    this.status = failure.status
    this.failure = failure
  }
}
