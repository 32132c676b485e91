/** What the tests of this codec share. */

import type { EncodeAnswerContext } from '../src/dialects/codec.ts'
import { createStreamDecoder } from '../src/dialects/gemini/stream-decoder.ts'
import { createStreamEncoder } from '../src/dialects/gemini/stream-encoder.ts'
import { checkGrammar, foldEvents, Losses, type Message, type Request, type StreamEvent } from '../src/model/index.ts'
import { SseDecoder } from '../src/sse/index.ts'

export const ISSUER = 'https://google.test'

/** Decodes the bytes of a stream, in pieces as they are given. */
export function decodeBytes(...pieces: readonly Uint8Array[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  const sse = new SseDecoder()
  for (const piece of pieces) sse.push(piece, event => decoder.push(event))
  sse.end(event => decoder.push(event))
  decoder.end()
  return events
}

export function decodeText(text: string): StreamEvent[] {
  return decodeBytes(Buffer.from(text))
}

/** Decodes chunks. */
export function decodeChunks(...chunks: readonly object[]): StreamEvent[] {
  return decodeText(chunks.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`).join(''))
}

export function foldChunks(...chunks: readonly object[]): Message {
  return foldEvents(decodeChunks(...chunks))
}

export function answerContext(losses: Losses = new Losses(), request?: Request): EncodeAnswerContext {
  return { request, model: undefined, losses, createId: prefix => `${prefix}new`, now: () => 1 }
}

export function encodeEvents(events: readonly StreamEvent[], losses?: Losses): string {
  let text = ''
  const encoder = createStreamEncoder(answerContext(losses), piece => {
    text += piece
  })
  for (const event of events) encoder.push(event)
  return text
}

/** The chunks of an encoded stream. */
export function chunksOf(text: string): unknown[] {
  return text
    .split('\r\n\r\n')
    .map(frame => frame.trimStart())
    .filter(frame => frame.startsWith('data: '))
    .map(frame => JSON.parse(frame.slice(6)) as unknown)
}

export { checkGrammar, foldEvents }
