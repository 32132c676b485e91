/** An answer, told in every dialect. */
import {
  type AnswerDecoder,
  createDecoder,
  createEncoder,
  DIALECTS,
  type DialectName,
  type StreamEvent,
} from 'millrace'
import { foldEvents, type Message } from 'millrace/model'

export const NAMES = Object.keys(DIALECTS) as DialectName[]

export const TEXT = 'Grüße von der Mühle 🌾'

export const TOLD: readonly StreamEvent[] = [
  { type: 'message-start', id: 'id_1', model: 'mill' },
  { type: 'block-start', index: 0, choice: 0, kind: 'text' },
  ...[...TEXT].map(text => ({ type: 'text-delta', index: 0, text }) as const),
  { type: 'block-end', index: 0 },
  { type: 'usage', usage: { input: 3, output: 5 } },
  { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: undefined } },
  { type: 'message-end' },
]

/** Events as one stream of bytes. */
export function bytesOf(dialect: DialectName, events: readonly StreamEvent[] = TOLD): Uint8Array<ArrayBuffer> {
  const encoder = createEncoder(dialect)
  const pieces: Uint8Array[] = []
  for (const event of events) encoder.push(event, bytes => pieces.push(bytes))
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  pieces.reduce((at, piece) => {
    whole.set(piece, at)
    return at + piece.length
  }, 0)
  return whole
}

/** Bytes as a response, in pieces that cut characters in two. */
export function streamed(bytes: Uint8Array<ArrayBuffer>): Response {
  let at = 0
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at + 7))
      else controller.close()
      at += 7
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

/** What a client of the dialect reads in these bytes, cut here and there. */
export function read(dialect: DialectName, ...chunks: readonly Uint8Array[]): Message {
  const decoder: AnswerDecoder = createDecoder(dialect)
  const events: StreamEvent[] = []
  const take = (event: StreamEvent) => void events.push(event)
  for (const chunk of chunks) decoder.push(chunk, take)
  decoder.end(take)
  return foldEvents(events)
}

/** What a client of the dialect reads in a response. */
export async function readResponse(dialect: DialectName, response: Response): Promise<Message> {
  return read(dialect, new Uint8Array(await response.arrayBuffer()))
}

/** All text of the first candidate. */
export function textOf({ candidates }: Message): string {
  return candidates[0]?.parts.map(part => (part.kind === 'text' ? part.text : '')).join('') ?? ''
}
