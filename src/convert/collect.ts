import type { Failure } from '../errors.ts'
import { Fold, type StreamEvent, textsOf } from '../model/index.ts'
import { type AnswerOptions, encodeBody, JSON_TYPE, sharedMemory } from './answer.ts'
import { AnswerShare } from './memory.ts'
import type { Emit, Seen } from './stage.ts'
import { faultOf, StreamReader } from './stream-reader.ts'

/** A whole answer over a stream: the events are folded, and told in one body when the answer is over. */
export class CollectStage {
  readonly seen: Seen
  readonly changesBody = true
  readonly mediaType: string = JSON_TYPE
  /** Bytes of the body, once it is there. */
  length: number | undefined
  readonly #options: AnswerOptions
  readonly #reader: StreamReader
  readonly #fold = new Fold()
  readonly #share: AnswerShare
  #hasEnded = false
  #isOver = false

  constructor(options: AnswerOptions) {
    this.#options = options
    this.#share = new AnswerShare(options.memory ?? sharedMemory, options.messageBytes)
    this.#reader = new StreamReader(options, this.#take)
    this.seen = { reading: this.#reader.reading, isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array, out: Emit): void {
    this.#reader.push(chunk)
    this.#settle(out)
  }

  end(out: Emit): void {
    this.#reader.end()
    this.#settle(out)
  }

  /** Nothing has gone out: the error is the exchange's to tell. */
  fail(failed: Failure): void {
    this.#reader.fail(failed)
    this.release()
  }

  catchUp(): void {
    this.#reader.catchUp()
  }

  keptText(): string {
    const parts = this.#fold.message.candidates.flatMap(candidate => candidate.parts)
    // What a tool gave back nobody has written.
    return parts.flatMap(part => (part.kind === 'tool-result' ? [] : textsOf(part))).join('\n')
  }

  release(): void {
    this.#share.release()
  }

  readonly #take = (event: StreamEvent): void => {
    const refused = this.#share.grow(heldBytes(event))
    if (refused !== undefined) {
      this.#reader.stop(refused)
      return
    }
    this.#fold.push(event)
    this.#hasEnded ||= event.type === 'message-end'
  }

  /** The body goes out as soon as nothing can change it. */
  #settle(out: Emit): void {
    const { reading } = this.seen
    if (this.#isOver) return
    if (reading.failure !== undefined) this.#give(undefined, out)
    else if (this.#hasEnded) this.#give(this.#body(), out)
  }

  #body(): Uint8Array | undefined {
    try {
      const { message } = this.#fold
      this.#options.onMessage?.(message)
      return encodeBody(message, this.#options)
    } catch (error) {
      this.seen.reading.failure = faultOf(error)
      return undefined
    }
  }

  /** @param body undefined: the answer has failed, and nothing of it counts */
  #give(body: Uint8Array | undefined, out: Emit): void {
    this.#isOver = true
    this.release()
    if (body === undefined) {
      this.seen.reading.progress = 0
      return
    }
    const { seen } = this
    seen.reading.isFinished = seen.reading.isTerminal = seen.isReady = true
    this.length = body.length
    out(body)
  }
}

/** Roughly what folding keeps of an event, in bytes. */
function heldBytes(event: StreamEvent): number {
  switch (event.type) {
    case 'text-delta':
      return event.logprobs === undefined ? event.text.length : JSON.stringify(event).length
    case 'payload-delta':
      return event.text.length
    case 'data-delta':
      return event.base64.length
    // Of usages the last one is kept, and it is small.
    case 'usage':
    case 'ping':
    case 'native':
      return 0
    default:
      return JSON.stringify(event).length
  }
}
