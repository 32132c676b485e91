import { fromUtf8 } from '../bytes.ts'
import type { SseDecoderOptions, SseEvent } from './decoder.ts'
import { SseDecoder } from './decoder.ts'
import { encodeEvent } from './encoder.ts'

/**
 * The decoder as a web stream: `response.body.pipeThrough(new SseDecoderStream())`.
 *
 * A broken limit errors the stream, which drops the events that were not read yet.
 */
export class SseDecoderStream extends TransformStream<Uint8Array, SseEvent> {
  constructor(options?: SseDecoderOptions) {
    const decoder = new SseDecoder(options)
    super({
      transform: (chunk, controller) => decoder.push(chunk, event => controller.enqueue(event)),
      flush: controller => decoder.end(event => controller.enqueue(event)),
    })
  }
}

/** The encoder as a web stream; an event that cannot be encoded errors it. */
export class SseEncoderStream extends TransformStream<SseEvent, Uint8Array> {
  constructor() {
    super({ transform: (event, controller) => controller.enqueue(fromUtf8(encodeEvent(event))) })
  }
}

/**
 * The events of a body, a web stream or anything that gives bytes. Leaving the loop cancels the source.
 *
 * @throws {LimitError} after the events before the one that is too large
 */
export async function* decodeEvents(
  source: AsyncIterable<Uint8Array>,
  options?: SseDecoderOptions,
): AsyncGenerator<SseEvent, void, undefined> {
  const decoder = new SseDecoder(options)
  const events: SseEvent[] = []
  const emit = (event: SseEvent) => void events.push(event)
  for await (const chunk of source) {
    try {
      decoder.push(chunk, emit)
    } finally {
      yield* events.splice(0)
    }
  }
  decoder.end(emit)
  yield* events
}
