import type { SseEvent } from '../sse/index.ts'
import { type DeltaKeys, DeltaShape } from './delta-shape.ts'
import type { FrameKind, Meter, Reading } from './dialect.ts'
import { FrameReader } from './frame-reader.ts'
import { objectOf, parseJson, type Wire } from './value.ts'

/** What one dialect makes of the events of a stream. */
export interface EventReader {
  readonly reading: Reading
  /**
   * Reads one event into `reading`; its kind, or `delta` for content that would leave the same reading
   * if it came again at once with other text: only such a frame is learned.
   */
  read(name: string | undefined, data: Wire): FrameKind | 'delta'
  /** Reads `[DONE]`, which closes a stream of one dialect and means nothing in the others. */
  readDone(): FrameKind
}

type NamedData = Pick<SseEvent, 'event' | 'data'>

/**
 * Counts and reads the frames of one stream.
 *
 * @param keys how plain deltas are told by their bytes; without them every frame is parsed
 */
export class StreamMeter implements Meter {
  readonly reading: Reading
  readonly #reader: EventReader
  readonly #shape: DeltaShape | undefined
  readonly #frames = new FrameReader()

  constructor(reader: EventReader, keys?: DeltaKeys) {
    this.reading = reader.reading
    this.#reader = reader
    this.#shape = keys && new DeltaShape(keys)
  }

  frame(text: string, start: number, end: number): FrameKind {
    const shape = this.#shape
    const { reading } = this
    if (shape?.fits(text, start, end)) {
      reading.events++
      reading.progress++
      reading.textBytes += shape.textLength
      return 'content'
    }
    const frame = text.slice(start, end)
    const event = this.#frames.read(frame)
    if (event === undefined) return 'quiet'
    reading.events++
    const { usage } = reading
    const kind = this.#read(event)
    if (kind === 'content' || kind === 'delta') reading.progress++
    if (kind !== 'delta') shape?.forget()
    else if (shape !== undefined) {
      shape.learn(text, start, end)
      reading.textBytes += shape.textLength
    }
    if (reading.usage !== usage) reading.uncountedFrom = reading.textBytes
    return kind === 'delta' ? 'content' : kind
  }

  #read({ event, data }: NamedData): FrameKind | 'delta' {
    if (data.trim() === '[DONE]') return this.#reader.readDone()
    const value = objectOf(parseJson(data))
    if (value === undefined) {
      this.reading.malformed++
      return 'quiet'
    }
    return readEvent(this.#reader, event, value)
  }
}

/** Reads one event. A finish that comes with a failure, or after it, is none. */
export function readEvent(reader: EventReader, name: string | undefined, data: Wire): FrameKind | 'delta' {
  const { reading } = reader
  const { isFinished } = reading
  const kind = reader.read(name, data)
  if (reading.failure !== undefined && !isFinished) {
    reading.isFinished = false
    reading.isTerminal = false
  }
  return kind
}
