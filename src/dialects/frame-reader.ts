import { fromLatin1, toUtf8 } from '../bytes.ts'
import { SseDecoder, type SseEvent } from '../sse/index.ts'

/** Reads whole frames of one stream, in their order, with the shortcuts that nearly all of them allow. */
export class FrameReader {
  readonly #decoder = new SseDecoder({ maxEventBytes: Number.POSITIVE_INFINITY })

  /**
   * Reads one whole frame.
   * @param frame with its blank line, one character a byte
   * @returns undefined for a comment and for blank lines
   */
  read(frame: string): SseEvent | undefined {
    return plainEvent(frame) ?? this.#decode(frame) ?? bareJson(frame)
  }

  #decode(frame: string): SseEvent | undefined {
    let event: SseEvent | undefined
    // The last frame of a stream may lack its blank line; one more does no harm to the others.
    this.#decoder.push(fromLatin1(`${frame}\n\n`), decoded => {
      event = decoded
    })
    return event
  }
}

const NOT_ASCII = /[\u0080-\u00ff]/

/** What nearly every frame is: one data line of ASCII, perhaps after its name. Decoding that takes 3 µs more. */
function plainEvent(frame: string): SseEvent | undefined {
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
