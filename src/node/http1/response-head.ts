import type { RawHeaders } from '../../http/index.ts'
import { ParserError } from './parser-error.ts'

/** How a body ends: after so many bytes, with its last chunk, or with the connection. */
export type Framing = number | 'chunked' | 'close'

export interface ResponseHead {
  readonly status: number
  readonly headers: RawHeaders
  readonly framing: Framing
  /** Whether the connection may serve another request after this answer. */
  readonly keepsAlive: boolean
  /** How long the upstream says that it keeps an idle connection, in milliseconds. */
  readonly keepAliveHintMs: number | undefined
}

/**
 * A whole head in one go: a status line, and lines of a name, a colon and a value. No controls, no line ends but CRLF:
 * those are how one head is read as two.
 */
const HEAD =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/
const STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d(?: |\r\n|$)/
const TIMEOUT_HINT = /(?:^|[,\s])timeout=(\d{1,7})/i

/** Where the parts of a status line stand. */
const MINOR_AT = 7
const STATUS_AT = 9
const REASON_AT = 12

/**
 * Reads the head of an answer, strictly: a head that two readers could understand in two ways is refused.
 *
 * @param text one character for each byte, without the blank line at the end
 * @param isBodiless the request was one whose answers have no body (`HEAD`)
 * @throws {ParserError}
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export function readResponseHead(text: string, isBodiless: boolean): ResponseHead {
  if (!HEAD.test(text))
    throw new ParserError(STATUS_LINE.test(text) ? 'HPE_INVALID_HEADER_TOKEN' : 'HPE_INVALID_CONSTANT')
  const status = Number(text.slice(STATUS_AT, REASON_AT))
  const headers: string[] = []
  let length: string | undefined
  let encoding: string | undefined
  let connection: string | undefined
  let keepAlive: string | undefined
  for (let end = text.indexOf('\r\n'), at: number; end !== -1; ) {
    at = end + 2
    end = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    const name = text.slice(at, colon)
    const value = trimBlanks(text, colon + 1, end === -1 ? text.length : end)
    headers.push(name, value)
    switch (framingName(name)) {
      case 'content-length':
        if (length !== undefined) throw new ParserError('HPE_UNEXPECTED_CONTENT_LENGTH')
        length = value
        break
      case 'transfer-encoding':
        encoding = joined(encoding, value)
        break
      case 'connection':
        connection = joined(connection, value)
        break
      case 'keep-alive':
        keepAlive = joined(keepAlive, value)
    }
  }
  const framing = isBodiless || hasNoBody(status) ? 0 : framingOf(length, encoding)
  return {
    status,
    headers,
    framing,
    keepsAlive: framing !== 'close' && keepsAlive(connection, text[MINOR_AT] === '1'),
    keepAliveHintMs: hintOf(keepAlive),
  }
}

/** The name in lower case if its length is that of one that frames; nothing of the others is looked at. */
function framingName(name: string): string | undefined {
  const { length } = name
  return length === 14 || length === 17 || length === 10 ? name.toLowerCase() : undefined
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`
}

function trimBlanks(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304
}

function framingOf(length: string | undefined, encoding: string | undefined): Framing {
  if (encoding !== undefined) {
    // Both: one of them is a lie, and which one is how answers are smuggled.
    if (length !== undefined) throw new ParserError('HPE_UNEXPECTED_CONTENT_LENGTH')
    if (encoding.toLowerCase() !== 'chunked') throw new ParserError('HPE_INVALID_TRANSFER_ENCODING')
    return 'chunked'
  }
  if (length === undefined) return 'close'
  if (!/^\d{1,15}$/.test(length)) throw new ParserError('HPE_INVALID_CONTENT_LENGTH')
  return Number(length)
}

function keepsAlive(connection: string | undefined, isByDefault: boolean): boolean {
  if (connection === undefined) return isByDefault
  const options = connection
    .toLowerCase()
    .split(',')
    .map(option => option.trim())
  return !options.includes('close') && (isByDefault || options.includes('keep-alive'))
}

function hintOf(keepAlive: string | undefined): number | undefined {
  const [, seconds] = keepAlive === undefined ? [] : (TIMEOUT_HINT.exec(keepAlive) ?? [])
  return seconds === undefined ? undefined : Number(seconds) * 1000
}
