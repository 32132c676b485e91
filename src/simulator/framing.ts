import { fromUtf8 } from '../bytes.ts'
import { encodeComment, encodeEvent } from '../sse/index.ts'
import type { Settings } from './settings.ts'
import type { Frame, Stage, Voice } from './voice.ts'

/** Bytes that belong together: an event, or a part of a body. */
export interface Piece {
  readonly stage: Stage
  readonly bytes: Uint8Array
}

/** How events become bytes. */
export interface Framing {
  /** `index` counts the events of the stream from 0. */
  encode(frame: Omit<Frame, 'stage'>, index: number): string
  /** What may stand between two events and means nothing. */
  readonly ping: string
  /** What follows the last event. */
  readonly tail: string
}

const LINE_ENDS = { lf: '\n', crlf: '\r\n', cr: '\r' }

export function eventStream(voice: Voice, settings: Settings): Framing {
  const eol = LINE_ENDS[settings.eol ?? voice.eol]
  const event = (frame: Omit<Frame, 'stage'>) => encodeEvent(frame).replaceAll('\n', eol)
  const comment = encodeComment('simulated').replaceAll('\n', eol)
  const ping = voice.ping === undefined ? comment : event(voice.ping)
  const between = (settings.comments ? comment : '') + (settings.pings ? ping : '')
  return { encode: frame => between + event(frame), ping, tail: '' }
}

/** The events as one JSON array: Gemini without `alt=sse`. */
export const JSON_ARRAY: Framing = {
  encode: ({ data }, index) => `${index === 0 ? '[' : ',\r\n'}${data}`,
  ping: '\r\n',
  tail: ']',
}

/** A body in one piece. */
export const WHOLE: Framing = { encode: ({ data }) => data, ping: '\n', tail: '' }

/** The bytes of a stream, event by event. */
export function* piecesOf(frames: Iterable<Frame>, framing: Framing, settings: Settings): Generator<Piece> {
  let index = 0
  let last: Piece | undefined
  for (const frame of frames) {
    if (settings.nodone && frame.data === '[DONE]') continue
    if (last !== undefined) yield last
    last = { stage: frame.stage, bytes: fromUtf8(framing.encode(frame, index++)) }
  }
  if (last !== undefined) yield settings.lastblank === false ? withoutBlankLine(last) : last
  if (framing.tail !== '') yield { stage: 'trailer', bytes: fromUtf8(framing.tail) }
}

/** A body that is there already, in two halves so that something can happen in its middle. */
export function halvesOf(body: Uint8Array): readonly Piece[] {
  const middle = body.length >> 1
  return [body.subarray(0, middle), body.subarray(middle)].map(bytes => ({ stage: 'content', bytes }))
}

const [LF, CR] = [10, 13]

/** Takes off the last line end, and leaves the one that ends the data. */
function withoutBlankLine({ stage, bytes }: Piece): Piece {
  const isCrlf = bytes.at(-1) === LF && bytes.at(-2) === CR
  return { stage, bytes: bytes.subarray(0, bytes.length - (isCrlf ? 2 : 1)) }
}
