import type { Dispatcher } from 'undici'
import { concat, toLatin1 } from '../bytes.ts'
import { type Failure, failure } from '../errors.ts'
import {
  authority,
  type ContentCoding,
  decodedHeaders,
  type Head,
  type RawHeaders,
  readContentCoding,
  sendableHeaders,
  transportFailure,
  type UpstreamCall,
  type UpstreamHandler,
  type UpstreamRequest,
} from '../http/index.ts'
import { BodyDecoder } from './body-decoder.ts'
import { isOfUsedSocket } from './stale-sockets.ts'

const MAX_HEADER_FIELDS = 200
const SPACE = 0x20
const TAB = 0x09

/** One for all: it is seen by undici only, and a stack for each would cost. */
const ABORTED = new Error('The call was aborted')

/**
 * One request on its way through undici, and its answer on the way back.
 *
 * What undici brings in one turn is kept and given on from one tick at its end: head, what all reads
 * brought as one chunk, end or failure. So the handler is never called inside of undici's parser, nor
 * before `send` has returned, and a pause or an abort between two of them is obeyed at once.
 */
export class UndiciCall implements UpstreamCall, Dispatcher.DispatchHandler {
  readonly #dispatcher: Dispatcher
  readonly #request: UpstreamRequest
  readonly #handler: UpstreamHandler
  #decoder: BodyDecoder | undefined
  #controller: Dispatcher.DispatchController | undefined

  #head: Head | undefined
  #coding: ContentCoding | undefined
  #chunks: Uint8Array[] = []
  #ending: Failure | 'end' | undefined

  #isScheduled = false
  #isPaused = false
  #isOver = false
  #hasAnswer = false
  #isRetry = false

  constructor(dispatcher: Dispatcher, request: UpstreamRequest, handler: UpstreamHandler) {
    this.#dispatcher = dispatcher
    this.#request = request
    this.#handler = handler
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
    if (this.#decoder === undefined) this.#pauseReading()
    else this.#decoder.pause()
  }

  resume(): void {
    if (this.#decoder === undefined) this.#resumeReading()
    else this.#decoder.resume()
  }

  abort(): void {
    this.#isOver = true
    this.#decoder?.stop()
    this.#controller?.abort(ABORTED)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(ABORTED)
    else if (this.#isPaused) controller.pause()
  }

  onResponseStarted(): void {
    this.#hasAnswer = true
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // 1xx: the answer is yet to come.
    if (status >= 200) this.#receiveHead(status, toRaw(controller.rawHeaders))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#schedule()
  }

  onResponseEnd(): void {
    this.#ending = 'end'
    this.#schedule()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isOver || this.#ending !== undefined) return
    if (!this.#hasAnswer && !this.#isRetry && isOfUsedSocket(error)) {
      this.#isRetry = true
      // Not from within the error: undici is still taking the socket out of its pool.
      queueMicrotask(() => this.start())
    } else this.#refuse(transportFailure(error, this.#request.url))
  }

  #receiveHead(status: number, headers: RawHeaders): void {
    const coding = readContentCoding(headers)
    if (headers.length > 2 * MAX_HEADER_FIELDS) this.#refuse(tooManyFields(this.#request.url))
    else if (typeof coding === 'object') this.#refuse(coding)
    else {
      this.#head =
        coding === undefined ? { status, headers } : { status, headers: decodedHeaders(headers), decoded: coding }
      this.#coding = coding
      this.#schedule()
    }
  }

  #refuse(failure: Failure): void {
    this.#ending = failure
    this.#controller?.abort(ABORTED)
    this.#schedule()
  }

  #pauseReading(): void {
    this.#isPaused = true
    this.#controller?.pause()
  }

  #resumeReading(): void {
    this.#isPaused = false
    // After the end the socket may be another call's, paused for good reasons.
    if (this.#ending === undefined) this.#controller?.resume()
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(UndiciCall.#deliver, this)
  }

  /** Gives on what has come, until the handler pauses or aborts. */
  static #deliver(call: UndiciCall): void {
    call.#isScheduled = false
    if (call.#head !== undefined && call.#isWanted()) call.#deliverHead(call.#head)
    if (call.#chunks.length > 0 && call.#isWanted()) call.#deliverChunks(call.#chunks)
    if (call.#ending !== undefined && call.#isWanted()) call.#deliverEnding(call.#ending)
  }

  #isWanted(): boolean {
    return !this.#isPaused && !this.#isOver
  }

  #deliverHead(head: Head): void {
    this.#head = undefined
    this.#handler.onHead(head)
  }

  #deliverChunks(chunks: readonly Uint8Array[]): void {
    this.#chunks = []
    const bytes = concat(chunks)
    if (this.#coding === undefined) this.#handler.onData(bytes)
    else {
      this.#decoder ??= this.#createDecoder(this.#coding)
      this.#decoder.onData(bytes)
    }
  }

  #deliverEnding(ending: Failure | 'end'): void {
    this.#isOver = true
    const receiver = this.#decoder ?? this.#handler
    if (ending === 'end') receiver.onEnd()
    else receiver.onError(ending)
  }

  /** From here on what the handler asks of us is asked of the decoder, and what the decoder asks, of the socket. */
  #createDecoder(coding: ContentCoding): BodyDecoder {
    return new BodyDecoder(coding, this.#handler, {
      pause: () => this.#pauseReading(),
      resume: () => this.#resumeReading(),
      abort: () => this.abort(),
    })
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

function tooManyFields(url: URL): Failure {
  return failure('upstream', `Cannot read from ${authority(url)}: its head has more than ${MAX_HEADER_FIELDS} fields`)
}
