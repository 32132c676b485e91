import { MillraceError } from '../errors.ts'
import type { SseEvent } from './decoder.ts'

/**
 * Writes one event with its blank line.
 *
 * Data is split into lines at LF, CR and CRLF: a decoder joins them with LF, so a CR does not survive.
 *
 * @throws {MillraceError} when a type or id holds a line end or NUL, or `retry` is not a whole number from 0
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function encodeEvent({ event, data, id, retry }: SseEvent): string {
  let text = ''
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`
  if (retry !== undefined) text += `retry: ${wholeNumber(retry)}\n`
  return `${text}${prefixLines('data: ', data)}\n`
}

/** Writes a comment as a frame of its own, which clients skip: a keep-alive. */
export function encodeComment(text: string): string {
  return `${prefixLines(': ', text)}\n`
}

function prefixLines(prefix: string, text: string): string {
  if (!text.includes('\n') && !text.includes('\r')) return `${prefix}${text}\n`
  return text
    .split(/\r\n|\r|\n/)
    .map(line => `${prefix}${line}\n`)
    .join('')
}

function oneLine(field: string, value: string): string {
  if (/[\r\n\0]/.test(value))
    throw new MillraceError(
      'bad-request',
      `Cannot encode event: ${field} holds a line end or NUL, ${JSON.stringify(value)}`,
    )
  return value
}

function wholeNumber(retry: number): number {
  if (!Number.isSafeInteger(retry) || retry < 0)
    throw new MillraceError('bad-request', `Cannot encode event: retry is not a whole number of milliseconds, ${retry}`)
  return retry
}
