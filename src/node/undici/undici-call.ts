import type { Dispatcher } from 'undici'
import { toLatin1 } from '../../bytes.ts'
import type { Failure } from '../../errors.ts'
import {
  type RawHeaders,
  sendableHeaders,
  transportFailure,
  type UpstreamCall,
  type UpstreamHandler,
  type UpstreamRequest,
} from '../../http/index.ts'
import { AnswerDelivery, type AnswerSource } from '../answer-delivery.ts'
import { isOfUsedSocket } from './stale-sockets.ts'

const SPACE = 0x20
const TAB = 0x09

/** One for all: it is seen by undici only, and a stack for each would cost. */
const ABORTED = new Error('The call was aborted')

/**
 * One request on its way through undici, and its answer on the way back.
 *
 * What undici brings in one turn is kept and given on from one tick at its end: head, what all reads
 * brought as one chunk, end or failure. So the handler is never called inside of undici's parser, nor
 * before `send` has returned.
 */
export class UndiciCall implements UpstreamCall, AnswerSource, Dispatcher.DispatchHandler {
  readonly #dispatcher: Dispatcher
  readonly #request: UpstreamRequest
  readonly #delivery: AnswerDelivery
  #controller: Dispatcher.DispatchController | undefined
  #hasAnswer = false
  #isRetry = false

  constructor(dispatcher: Dispatcher, request: UpstreamRequest, handler: UpstreamHandler) {
    this.#dispatcher = dispatcher
    this.#request = request
    this.#delivery = new AnswerDelivery(request.url, handler, this)
  }

  start(): void {
    const { method, url, headers, body } = this.#request
    this.#dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: sendableHeaders(headers) as string[],
        body: body ?? null,
      },
      this,
    )
  }

  pause(): void {
    this.#delivery.pause()
  }

  resume(): void {
    this.#delivery.resume()
  }

  abort(): void {
    this.#delivery.stop()
    this.#controller?.abort(ABORTED)
  }

  pauseReading(): void {
    this.#controller?.pause()
  }

  resumeReading(): void {
    // After the end the socket may be another call's, paused for good reasons.
    if (!this.#delivery.hasEnding) this.#controller?.resume()
    this.#delivery.schedule()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#delivery.isOver) controller.abort(ABORTED)
    else {
      if (this.#delivery.isPaused) controller.pause()
      this.#delivery.connected()
    }
  }

  onResponseStarted(): void {
    this.#hasAnswer = true
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // 1xx: the answer is yet to come.
    if (status < 200) return
    const refusal = this.#delivery.takeHead(status, toRaw(controller.rawHeaders))
    if (refusal === undefined) this.#delivery.schedule()
    else this.#refuse(refusal)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#delivery.takeBody(chunk)
    this.#delivery.schedule()
  }

  onResponseEnd(): void {
    this.#delivery.takeEnding('end')
    this.#delivery.schedule()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#delivery.isOver || this.#delivery.hasEnding) return
    if (!this.#hasAnswer && !this.#isRetry && isOfUsedSocket(error)) {
      this.#isRetry = true
      // Not from within the error: undici is still taking the socket out of its pool.
      queueMicrotask(() => this.start())
    } else this.#refuse(transportFailure(error, this.#request.url))
  }

  #refuse(failure: Failure): void {
    this.#delivery.takeEnding(failure)
    this.#controller?.abort(ABORTED)
    this.#delivery.schedule()
  }
}

function toRaw(headers: Dispatcher.DispatchController['rawHeaders']): RawHeaders {
  return Array.isArray(headers) ? headers.map(toField) : []
}

/** Without the blanks at its end, which are no part of it and which undici leaves. */
function toField(field: Uint8Array | string): string {
  if (typeof field === 'string') return field
  let end = field.length
  while (end > 0 && (field[end - 1] === SPACE || field[end - 1] === TAB)) end--
  return toLatin1(field, 0, end)
}
