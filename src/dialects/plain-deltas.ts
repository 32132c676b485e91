import type { Failure } from '../errors.ts'
import type { StreamEvent } from '../model/index.ts'
import type { SseEvent } from '../sse/index.ts'
import type { Emit, StreamDecoder } from './codec.ts'
import { type DeltaKeys, DeltaShape } from './delta-shape.ts'
import { parseJson } from './value.ts'

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
  readonly #shape: DeltaShape
  readonly #spans: number[] = []
  /** Of what is learned: its name, the place of its text among the holes, and the block it belongs to. */
  #name: string | undefined
  #hole = -1
  #index = 0

  /** What the decoder made of the present event. */
  #emitted = 0
  #last: StreamEvent | undefined

  /** @param create makes the decoder, which is to emit to what it is given */
  constructor(keys: DeltaKeys, emit: Emit<StreamEvent>, create: (emit: Emit<StreamEvent>) => StreamDecoder) {
    this.#emit = emit
    this.#shape = new DeltaShape(keys)
    this.#decoder = create(this.#note)
  }

  get isFinished(): boolean {
    return this.#decoder.isFinished
  }

  get isTerminal(): boolean {
    return this.#decoder.isTerminal
  }

  push(event: SseEvent): void {
    const text = this.#read(event)
    if (text === undefined) this.#decode(event)
    else this.#emit({ type: 'text-delta', index: this.#index, text })
  }

  end(): void {
    this.#decoder.end()
  }

  fail(failure: Failure): void {
    this.#hole = -1
    this.#decoder.fail(failure)
  }

  #read({ event, data }: SseEvent): string | undefined {
    if (this.#hole === -1 || event !== this.#name || !this.#shape.fits(data, 0, data.length, this.#spans))
      return undefined
    return stringIn(data, this.#spans, this.#hole)
  }

  #decode(event: SseEvent): void {
    this.#emitted = 0
    this.#hole = -1
    this.#decoder.push(event)
    const last = this.#last
    this.#last = undefined
    if (this.#emitted === 1 && last?.type === 'text-delta' && last.logprobs === undefined)
      this.#learn(event, last.index, last.text)
  }

  /** Learned is an event with one hole that holds the text, told from padding that happens to look the same. */
  #learn({ event, data }: SseEvent, index: number, text: string): void {
    const holes = this.#shape.learnJson(data)
    if (!this.#shape.fits(data, 0, data.length, this.#spans)) return
    for (let hole = 0; hole < holes; hole++) {
      if (stringIn(data, this.#spans, hole) !== text) continue
      if (this.#hole !== -1) {
        this.#hole = -1
        return
      }
      this.#hole = hole
    }
    this.#name = event
    this.#index = index
  }

  readonly #note = (event: StreamEvent): void => {
    this.#emitted++
    this.#last = event
    this.#emit(event)
  }
}

/** The string in a hole; undefined when a surrogate or an escape is none. */
function stringIn(data: string, spans: readonly number[], hole: number): string | undefined {
  const start = spans[2 * hole] as number
  const end = spans[2 * hole + 1] as number
  const raw = data.slice(start, end)
  if (!raw.includes('\\')) return raw
  const text = parseJson(`"${raw}"`)
  return typeof text === 'string' ? text : undefined
}
