import type { IncomingMessage } from 'node:http'
import { GrowingBytes } from '../bytes.ts'
import { type Failure, failure } from '../errors.ts'
import { type Sweep, type SweepTarget, sharedSweep } from '../http/index.ts'

/** A client that is slower after this time is not sending a body, it is holding a place. */
const SLOW_AFTER_MS = 10_000
const MIN_BYTES_PER_SECOND = 1024

export interface BodyOptions {
  readonly maxBytes: number
  /** For the whole body, in milliseconds. */
  readonly totalMs: number
  readonly sweep?: Sweep
}

/**
 * Reads a client's request body.
 *
 * After a failure the rest is read and dropped for as long as the connection lives: answer, then close it.
 *
 * @returns the body; or a 413, 415, 400 or 408 for the client, or `cancelled` when it left
 */
export function readBody(request: IncomingMessage, options: BodyOptions): Promise<Uint8Array | Failure> {
  const refused = checkHead(request, options.maxBytes)
  if (refused !== undefined) {
    request.resume()
    return Promise.resolve(refused)
  }
  return new Promise(resolve => new BodyReader(request, options, resolve).start())
}

/** What the head tells already: a body that is too large, or in a coding that nobody asked for. */
function checkHead({ headers }: IncomingMessage, maxBytes: number): Failure | undefined {
  const { 'content-encoding': contentCoding = 'identity', 'transfer-encoding': transferCoding = 'chunked' } = headers
  if (contentCoding.toLowerCase() !== 'identity')
    return failure('bad-request', 'Cannot read the body: send it without content-encoding', { status: 415 })
  if (transferCoding.toLowerCase() !== 'chunked')
    return failure('bad-request', 'Cannot read the body: its transfer-encoding must be chunked')
  return Number(headers['content-length'] ?? 0) > maxBytes ? tooLarge(maxBytes) : undefined
}

class BodyReader implements SweepTarget {
  readonly #request: IncomingMessage
  readonly #options: BodyOptions
  readonly #sweep: Sweep
  readonly #settle: (result: Uint8Array | Failure) => void
  readonly #startMs: number
  readonly #body = new GrowingBytes()

  constructor(request: IncomingMessage, options: BodyOptions, settle: (result: Uint8Array | Failure) => void) {
    this.#request = request
    this.#options = options
    this.#sweep = options.sweep ?? sharedSweep
    this.#settle = settle
    this.#startMs = this.#sweep.now()
  }

  start(): void {
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onGone).on('close', this.#onGone)
    this.#sweep.add(this)
  }

  sweep(nowMs: number): void {
    const elapsedMs = nowMs - this.#startMs
    const isSlow = elapsedMs > SLOW_AFTER_MS && this.#body.length < (elapsedMs / 1000) * MIN_BYTES_PER_SECOND
    if (elapsedMs > this.#options.totalMs)
      this.#finish(tooSlow(`it took more than ${this.#options.totalMs} ms (timeouts.clientBodyMs)`))
    else if (isSlow) this.#finish(tooSlow(`it came with less than ${MIN_BYTES_PER_SECOND} bytes a second`))
  }

  readonly #onData = (chunk: Uint8Array): void => {
    if (this.#body.length + chunk.length > this.#options.maxBytes) this.#finish(tooLarge(this.#options.maxBytes))
    else this.#body.push(chunk)
  }

  readonly #onEnd = (): void => this.#finish(this.#body.bytes)

  readonly #onGone = (): void => this.#finish(failure('cancelled', 'Cannot read the body: the client left'))

  #finish(result: Uint8Array | Failure): void {
    this.#sweep.delete(this)
    this.#request
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onGone)
      .off('close', this.#onGone)
      .resume()
    this.#settle(result)
  }
}

function tooLarge(maxBytes: number): Failure {
  return failure('too-large', `Cannot read the body: it is larger than ${maxBytes} bytes`)
}

function tooSlow(what: string): Failure {
  return failure('timeout', `Cannot read the body: ${what}`, { status: 408 })
}
