import type { Failure } from '../../errors.ts'
import { transportFailure, type UpstreamCall, type UpstreamHandler, type UpstreamRequest } from '../../http/index.ts'
import { AnswerDelivery, type AnswerSource } from '../answer-delivery.ts'
import type { Connection, Receiver } from './connection.ts'
import type { ConnectionPool, Waiting } from './connection-pool.ts'
import { encodeRequest } from './request-bytes.ts'
import type { ResponseHead } from './response-head.ts'

/**
 * One request on its way to a connection, and its answer on the way back.
 *
 * What a read brings is given on in the turn of the read, from the read's own memory; only what comes
 * while the handler has paused is copied. A pooled connection that turns out to be closed before any
 * byte of an answer is replaced once, by a fresh one.
 */
export class Http1Call implements UpstreamCall, AnswerSource, Waiting, Receiver {
  readonly #request: UpstreamRequest
  readonly #delivery: AnswerDelivery
  readonly #onOver: () => void
  #pool: ConnectionPool | undefined
  /** Kept until an answer begins, for it may have to be sent again. */
  #pieces: readonly Uint8Array[] | undefined
  /** Whose reads are this call's; undefined before, and when its answer is complete. */
  #connection: Connection | undefined
  #isRetry = false
  #hasLeft = false

  /** @param onOver called once, when the call needs nothing of the client any more */
  constructor(request: UpstreamRequest, handler: UpstreamHandler, onOver: () => void) {
    this.#request = request
    this.#onOver = onOver
    this.#delivery = new AnswerDelivery(request.url, handler, this)
  }

  start(pool: ConnectionPool): void {
    const pieces = encodeRequest(this.#request)
    if ('code' in pieces) return this.refuse(pieces)
    this.#pieces = pieces
    this.#pool = pool
    pool.ask(this)
  }

  /** Ends the call with a failure, in a turn of its own. */
  refuse(failure: Failure): void {
    this.#leave()
    this.#delivery.takeEnding(failure)
    this.#delivery.schedule()
  }

  pause(): void {
    this.#delivery.pause()
  }

  resume(): void {
    this.#delivery.resume()
  }

  abort(): void {
    this.#delivery.stop()
    this.#pool?.forget(this)
    this.#connection?.destroy()
    this.#leave()
  }

  pauseReading(): void {
    this.#connection?.pause()
  }

  resumeReading(): void {
    this.#connection?.resume()
    this.#delivery.schedule()
  }

  use(connection: Connection): void {
    this.#connection = connection
    this.#delivery.connected()
    connection.send(this.#pieces ?? [], this.#request.method === 'HEAD', this)
    if (this.#delivery.isPaused) connection.pause()
  }

  receive(head: ResponseHead | undefined, body: Uint8Array, isDone: boolean): void {
    this.#pieces = undefined
    const refusal = head === undefined ? undefined : this.#delivery.takeHead(head.status, head.headers)
    if (refusal !== undefined) return this.#giveUp(refusal)
    if (isDone) this.#leave()
    if (body.length > 0) this.#delivery.takeBody(body)
    if (isDone) this.#delivery.takeEnding('end')
    this.#delivery.deliver()
    this.#delivery.keepBody()
  }

  fail(error: Error): void {
    const isStale = this.#connection?.isStale === true
    if (isStale && !this.#isRetry) {
      this.#isRetry = true
      this.#connection = undefined
      this.#pool?.ask(this, true)
    } else this.refuse(transportFailure(error, this.#request.url))
  }

  #giveUp(refusal: Failure): void {
    this.#connection?.destroy()
    this.refuse(refusal)
  }

  /** Lets go of the connection and of what the request needed. */
  #leave(): void {
    this.#connection = this.#pool = this.#pieces = undefined
    if (!this.#hasLeft) this.#onOver()
    this.#hasLeft = true
  }
}
