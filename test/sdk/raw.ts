import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { DialectName } from '../../src/dialects/index.ts'
import type { RawHeaders } from '../../src/http/index.ts'

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly headers: RawHeaders
  readonly body: Buffer
  /** False: the connection was cut before the body's end. */
  readonly isComplete: boolean
}

export interface RawQuestion {
  readonly method?: string
  /** As on the wire, query included. */
  readonly path: string
  readonly headers?: RawHeaders
  readonly body?: Uint8Array | string
}

/** Asks by `node:http`, and changes nothing on the way. Rejects only when there is no answer at all. */
export async function askRaw(origin: string, question: RawQuestion): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(origin)
  const { method = 'POST', path, headers = [], body = '' } = question
  const length = ['content-length', `${Buffer.byteLength(body)}`]
  const sent = request({ hostname, port, method, path, headers: ['host', host, ...headers, ...length] })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  response.on('data', chunk => chunks.push(chunk))
  // A cut answer ends in an error, which `complete` tells as well.
  response.on('error', () => {})
  await new Promise<void>(resolve => response.once('close', resolve))
  return {
    status: response.statusCode as number,
    headers: response.rawHeaders,
    body: Buffer.concat(chunks),
    isComplete: response.complete,
  }
}

/** A request for a stream in each dialect, without anything that need not be there. */
export function streamRequest(dialect: DialectName, model: string, members: object = {}): RawQuestion {
  const body = JSON.stringify({ ...BODIES[dialect](model), ...members })
  return { path: pathOf(dialect, model, true), headers: ['content-type', 'application/json'], body }
}

const TURN = { role: 'user', content: 'Hello' }

const BODIES: Readonly<Record<DialectName, (model: string) => object>> = {
  chat: model => ({ model, stream: true, messages: [TURN] }),
  responses: model => ({ model, stream: true, input: [TURN] }),
  messages: model => ({ model, stream: true, max_tokens: 100, messages: [TURN] }),
  gemini: () => ({ contents: [{ parts: [{ text: 'Hello' }] }] }),
}

/** Where a dialect's answers are asked for; Gemini alone names model and stream there. */
export function pathOf(dialect: DialectName, model: string, stream: boolean): string {
  if (dialect !== 'gemini') return PATHS[dialect]
  return `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}

const PATHS = { chat: '/v1/chat/completions', responses: '/v1/responses', messages: '/v1/messages' }
