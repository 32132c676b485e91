/** Every dialect that has a way into the hub, and the shortest ways through it. */
import {
  type Codec,
  DIALECTS,
  type DialectName,
  type EncodeAnswerContext,
  type EncodedRequest,
  type EncodeRequestContext,
  type Wire,
} from '../../src/dialects/index.ts'
import { parseExact } from '../../src/json/index.ts'
import {
  foldEvents,
  Losses,
  type Message,
  type Request,
  type StreamEvent,
  unfoldMessage,
} from '../../src/model/index.ts'
import { SseDecoder } from '../../src/sse/index.ts'
import { type CorpusStream, corpora } from '../corpus.ts'

/** Who made the seals of the answers. */
export const ISSUER = 'https://up.test'

export interface Speaker {
  readonly name: DialectName
  readonly codec: Codec
  /** Streams in this dialect: the project's own, and the recorded ones. */
  readonly streams: readonly CorpusStream[]
}

const STREAMS = corpora().flatMap(({ streams }) => streams)

export const SPEAKERS: readonly Speaker[] = Object.values(DIALECTS).flatMap(({ name, codec }) =>
  codec === undefined ? [] : [{ name, codec, streams: STREAMS.filter(({ dialect }) => dialect === name) }],
)

/** Upstream and client of different dialects. */
export const PAIRS: readonly (readonly [upstream: Speaker, client: Speaker])[] = SPEAKERS.flatMap(upstream =>
  SPEAKERS.filter(client => client !== upstream).map(client => [upstream, client] as const),
)

/** What a stream says, given in one piece or in chunks. */
export function decode({ codec }: Speaker, bytes: Uint8Array | readonly Uint8Array[]): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = codec.createStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  const sse = new SseDecoder()
  for (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) sse.push(chunk, event => decoder.push(event))
  sse.end(event => decoder.push(event))
  decoder.end()
  return events
}

export interface Encoded {
  readonly bytes: Buffer
  readonly losses: Losses
}

/** @param isOwn whether the answer was said in this dialect before */
export function encode({ codec }: Speaker, events: readonly StreamEvent[], isOwn = false): Encoded {
  const losses = new Losses()
  let text = ''
  const encoder = codec.createStreamEncoder({ ...answerContext(losses), isOwn }, piece => {
    text += piece
  })
  for (const event of events) encoder.push(event)
  return { bytes: Buffer.from(text), losses }
}

/** Nobody knows what was asked, and made-up ids count up. */
export function answerContext(losses: Losses): EncodeAnswerContext {
  let count = 0
  return {
    request: undefined,
    model: undefined,
    losses,
    createId: prefix => `${prefix}${String(++count).padStart(20, '0')}`,
    now: () => 1_790_000_000,
  }
}

export function requestContext(losses: Losses, more: Partial<EncodeRequestContext> = {}): EncodeRequestContext {
  return { model: 'mill', stream: false, askUsage: false, issuer: ISSUER, apiVersion: undefined, losses, ...more }
}

/** Reads a request body that came on this path. */
export function decodeRequest({ name, codec }: Speaker, body: Wire, path: string): Request {
  const match = DIALECTS[name].http.match('POST', path)
  if (match === undefined) throw new Error(`Cannot decode request: ${name} has no path "${path}"`)
  return codec.decodeRequest(body, match)
}

export interface WrittenRequest {
  readonly written: EncodedRequest
  readonly losses: Losses
}

/** @throws {MillraceError} `bad-request` where the dialect refuses it */
export function encodeRequest(
  { codec }: Speaker,
  request: Request,
  more: Partial<EncodeRequestContext> = {},
): WrittenRequest {
  const losses = new Losses()
  const { model, stream } = request
  const written = codec.encodeRequest(
    request,
    requestContext(losses, { model, stream, askUsage: request.includeUsage ?? false, ...more }),
  )
  return { written: { ...written, body: asSent(written.body) }, losses }
}

/** A body as it comes out of the bytes that it was sent in. */
export function asSent(body: Wire): Wire {
  return parseExact(JSON.stringify(body)) as Wire
}

/** Says a request in a dialect and reads it back there. */
export function echoRequest(speaker: Speaker, request: Request, more?: Partial<EncodeRequestContext>) {
  const { written, losses } = encodeRequest(speaker, request, more)
  return { came: decodeRequest(speaker, written.body, written.path), written, losses }
}

export function unfold(message: Message): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  unfoldMessage(message, event => events.push(event))
  return events
}

export function decodeWhole(speaker: Speaker, bytes: Uint8Array): Message {
  return foldEvents(decode(speaker, bytes))
}
