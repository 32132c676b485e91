import { fromLatin1, toUtf8 } from '../bytes.ts'
import { SseDecoder, type SseEvent } from '../sse/index.ts'
import { type DeltaKeys, DeltaShape } from './delta-shape.ts'
import type { FrameKind, Meter, Reading } from './dialect.ts'
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
  readonly #decoder = new SseDecoder({ maxEventBytes: Number.POSITIVE_INFINITY })

  constructor(reader: EventReader, keys?: DeltaKeys) {
    this.reading = reader.reading
    this.#reader = reader
    this.#shape = keys && new DeltaShape(keys)
  }

  frame(text: string, start: number, end: number): FrameKind {
    const shape = this.#shape
    if (shape?.fits(text, start, end)) {
      this.reading.events++
      this.reading.progress++
      return 'content'
    }
    const frame = text.slice(start, end)
    const event = plainEvent(frame) ?? this.#decode(frame) ?? bareJson(frame)
    if (event === undefined) return 'quiet'
    this.reading.events++
    const kind = this.#read(event)
    if (kind === 'content' || kind === 'delta') this.reading.progress++
    if (kind !== 'delta') {
      shape?.forget()
      return kind
    }
    shape?.learn(text, start, end)
    return 'content'
  }

  #decode(frame: string): SseEvent | undefined {
    let event: SseEvent | undefined
    // The last frame of a stream may lack its blank line; one more does no harm to the others.
    this.#decoder.push(fromLatin1(`${frame}\n\n`), decoded => {
      event = decoded
    })
    return event
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

const NOT_ASCII = /[\u0080-\u00ff]/

/** What nearly every frame is: one data line of ASCII, perhaps after its name. Decoding that takes 3 µs more. */
function plainEvent(frame: string): NamedData | undefined {
  const lineStart = frame.startsWith('event: ') ? frame.indexOf('\n') + 1 : 0
  if (!frame.startsWith('data: ', lineStart) || !frame.endsWith('\n\n') || NOT_ASCII.test(frame)) return undefined
  const data = frame.slice(lineStart + 6, -2)
  if (data.includes('\n') || frame.includes('\r')) return undefined
  return lineStart === 0 ? { data } : { event: frame.slice(7, lineStart - 1), data }
}

/** An error answer that an upstream wrote into the stream as it is, without `data:` (Gemini does). */
function bareJson(frame: string): SseEvent | undefined {
  const text = frame.trim()
  return text.startsWith('{') ? { data: toUtf8(fromLatin1(text)) } : undefined
}
