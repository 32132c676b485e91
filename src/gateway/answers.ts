import type { ServerResponse } from 'node:http'
import type { Dialect } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'
import type { Visit } from './visit.ts'

/** Answers that the gateway gives by itself, without asking an upstream. */
export function answerJson(response: ServerResponse, status: number, value: unknown, headers: RawHeaders = []): void {
  send(response, status, Buffer.from(JSON.stringify(value)), headers)
}

export function answerBytes(
  response: ServerResponse,
  status: number,
  body: Uint8Array,
  headers: RawHeaders = [],
  mediaType = 'application/json',
): void {
  send(response, status, body, headers, mediaType)
}

/** A file that is not to be shown in a page, but saved. */
export function answerFile(response: ServerResponse, file: Uint8Array, name: string, mediaType: string): void {
  send(response, 200, file, ['content-disposition', `attachment; filename="${name}"`], mediaType)
}

/** Done, and nothing to say about it. */
export function answerNothing(response: ServerResponse): void {
  response.writeHead(204, ['cache-control', 'no-store']).end()
}

/** A refusal in the error form of the dialect that the client speaks. */
export function answerFailure({ response, id }: Visit, dialect: Dialect, failure: Failure): void {
  const retry =
    failure.retryAfterMs === undefined ? [] : ['retry-after', String(Math.ceil(failure.retryAfterMs / 1000))]
  send(response, failure.status, dialect.failure.encode(failure, id), ['x-millrace-request-id', id, ...retry])
}

function send(
  response: ServerResponse,
  status: number,
  body: Uint8Array,
  headers: RawHeaders,
  mediaType = 'application/json',
): void {
  response.writeHead(status, [
    'content-type',
    mediaType,
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
    'x-content-type-options',
    'nosniff',
    ...headers,
  ])
  response.end(body)
}
