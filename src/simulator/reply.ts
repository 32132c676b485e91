import { STATUS_CODES } from 'node:http'
import { fromUtf8 } from '../bytes.ts'
import type { RawHeaders } from '../http/index.ts'
import type { Asked } from './asked.ts'
import { eventStream, type Framing, halvesOf, JSON_ARRAY, type Piece, piecesOf, WHOLE } from './framing.ts'
import type { Script } from './script.ts'
import type { Settings } from './settings.ts'
import type { Frame, Voice } from './voice.ts'

/** An answer as it would be without pacing, cutting and faults. */
export interface Reply {
  readonly status: number
  readonly mediaType: string | undefined
  readonly headers: RawHeaders
  /** Of a body that is there already; undefined for a stream. */
  readonly bodyBytes?: number
  readonly framing: Framing
  /** Made anew by each call, so that they can be counted before they are sent. */
  readonly pieces: () => IterableIterator<Piece>
  /** What the provider says when it fails after so many of them. */
  readonly failure: (sent: number) => readonly Omit<Frame, 'stage'>[]
}

const EVENT_STREAM = 'text/event-stream; charset=utf-8'

/** A model's answer event by event, as an event stream or, for Gemini, as a JSON array. */
export function streamReply(voice: Voice, script: Script, asked: Asked, settings: Settings, isArray: boolean): Reply {
  const framing = isArray ? JSON_ARRAY : eventStream(voice, settings)
  return {
    status: 200,
    mediaType: isArray ? 'application/json; charset=UTF-8' : EVENT_STREAM,
    headers: [],
    framing,
    pieces: () => piecesOf(voice.frames(script, asked), framing, settings),
    failure: sent => voice.streamFailure(script, sent),
  }
}

/** Recorded bytes, event by event. */
export function replayReply(voice: Voice, pieces: readonly Piece[]): Reply {
  return {
    status: 200,
    mediaType: EVENT_STREAM,
    headers: [],
    framing: eventStream(voice, {}),
    pieces: () => pieces.values(),
    failure: sent => voice.streamFailure(undefined, sent),
  }
}

/** A JSON value in one piece. */
export function jsonReply(voice: Voice, value: unknown, status = 200): Reply {
  return wholeReply(voice, { status, mediaType: 'application/json', body: fromUtf8(JSON.stringify(value)) })
}

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'The request is not well formed',
  401: 'The key is not valid',
  403: 'The key may not do this',
  404: 'The model does not exist',
  413: 'The request is too large',
  429: 'Too many requests, please wait',
  500: 'The server had an error while processing your request',
  502: 'The server behind this one did not answer',
  503: 'The model is overloaded, please try again later',
  529: 'Overloaded',
}

/** Statuses that ask to wait, and say how long. */
const ASK_TO_WAIT = [429, 503, 529]

/** An answer with an error status, or another one that no model gives. */
export function statusReply(voice: Voice, status: number, requestId: string, settings: Settings): Reply {
  const message = MESSAGES[status] ?? `This is a simulated answer with status ${status}`
  const { body = status < 400 ? 'empty' : 'json', retryafter = ASK_TO_WAIT.includes(status) ? 1 : undefined } = settings
  const headers = [
    ...(retryafter === undefined ? [] : ['retry-after', `${retryafter}`]),
    ...(status >= 300 && status < 400 ? ['location', '/__sim/redirected'] : []),
  ]
  const failure = () => JSON.stringify(voice.failure({ status, message, requestId }))
  return { ...wholeReply(voice, { status, ...BODIES[body](failure, status) }), headers }
}

type Body = Pick<Reply, 'mediaType'> & { readonly body: Uint8Array }

const BODIES: Record<NonNullable<Settings['body']>, (failure: () => string, status: number) => Body> = {
  json: failure => ({ mediaType: 'application/json', body: fromUtf8(failure()) }),
  html: (_, status) => ({ mediaType: 'text/html; charset=utf-8', body: fromUtf8(htmlOf(status)) }),
  empty: () => ({ mediaType: undefined, body: new Uint8Array(0) }),
  null: () => ({ mediaType: 'application/json', body: fromUtf8('null') }),
  // Not UTF-8, whichever way it is cut.
  binary: () => ({ mediaType: 'application/octet-stream', body: Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80) }),
}

function htmlOf(status: number): string {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body><h1>${title}</h1><hr>millrace</body>\r\n</html>\r\n`
}

function wholeReply(voice: Voice, { body, ...head }: Body & Pick<Reply, 'status'>): Reply {
  const failure = { status: 500, message: MESSAGES[500] as string, requestId: 'req_sim' }
  return {
    ...head,
    headers: [],
    bodyBytes: body.length,
    framing: WHOLE,
    pieces: () => halvesOf(body).values(),
    failure: () => [{ data: JSON.stringify(voice.failure(failure)) }],
  }
}
