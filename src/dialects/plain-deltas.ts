import type { Failure } from '../errors.ts'
import type { StreamEvent } from '../model/index.ts'
import type { SseEvent } from '../sse/index.ts'
import type { Emit, StreamDecoder } from './codec.ts'
import type { DeltaKeys } from './delta-shape.ts'
import { TextShape } from './text-shape.ts'

/**
 * Reads the events of a stream that are the last one with other text, and leaves the others to a decoder.
 *
 * Nearly every event of a stream is of this kind: telling one so takes 0.4 µs where parsing takes 2.
 * The decoder may not mind what it does not see: it keeps nothing of the text that it emits, and an
 * event that is the last one but for its text and its padding says nothing else to it.
 */
export class PlainDeltas implements StreamDecoder {
  readonly #emit: Emit<StreamEvent>
  readonly #decoder: StreamDecoder
  readonly #shape: TextShape
  /** Of what is learned: its name, and the block it belongs to. */
  #name: string | undefined
  #index = 0

  /** What the decoder made of the present event. */
  #emitted = 0
  #last: StreamEvent | undefined

  /** @param create makes the decoder, which is to emit to what it is given */
  constructor(keys: DeltaKeys, emit: Emit<StreamEvent>, create: (emit: Emit<StreamEvent>) => StreamDecoder) {
    this.#emit = emit
    this.#shape = new TextShape(keys)
    this.#decoder = create(this.#note)
  }

  get isFinished(): boolean {
    return this.#decoder.isFinished
  }

  get isTerminal(): boolean {
    return this.#decoder.isTerminal
  }

  push(event: SseEvent): void {
    const text = event.event === this.#name ? this.#shape.read(event.data) : undefined
    if (text === undefined) this.#decode(event)
    else this.#emit({ type: 'text-delta', index: this.#index, text })
  }

  settle(): void {
    this.#decoder.settle?.()
  }

  end(): void {
    this.#decoder.end()
  }

  fail(failure: Failure): void {
    this.#shape.forget()
    this.#decoder.fail(failure)
  }

  #decode(event: SseEvent): void {
    this.#emitted = 0
    this.#shape.forget()
    this.#decoder.push(event)
    const last = this.#last
    this.#last = undefined
    if (this.#emitted !== 1 || last?.type !== 'text-delta' || last.logprobs !== undefined) return
    this.#shape.learn(event.data, last.text)
    this.#name = event.event
    this.#index = last.index
  }

  readonly #note = (event: StreamEvent): void => {
    this.#emitted++
    this.#last = event
    this.#emit(event)
  }
}
