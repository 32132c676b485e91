import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { toLatin1 } from '../../bytes.ts'
import { ParserError } from './parser-error.ts'
import { ResponseParser } from './response-parser.ts'

interface Read {
  readonly status: number | undefined
  readonly headers: readonly string[]
  readonly body: string
  readonly isDone: boolean
  readonly surplus: string
}

/** Reads an answer that comes in these pieces, each in memory that is used again; `isClosed`: then the connection ends. */
function readPieces(pieces: readonly Buffer[], { isBodiless = false, isClosed = false } = {}): Read {
  const parser = new ResponseParser()
  parser.start(isBodiless)
  const memory = Buffer.alloc(64 * 1024)
  let status: number | undefined
  let headers: readonly string[] = []
  let body = ''
  let surplus = ''
  for (const piece of pieces) {
    memory.fill('#').set(piece)
    parser.push(memory, piece.length)
    if (parser.head !== undefined) ({ status, headers } = parser.head)
    body += toLatin1(memory, parser.bodyStart, parser.bodyEnd)
    surplus += toLatin1(memory, piece.length - parser.surplus, piece.length)
  }
  if (isClosed) parser.end()
  return { status, headers, body, isDone: parser.isDone, surplus }
}

function cutAt(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const ends = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end))
}

const HEAD = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`

const answers: readonly (readonly [what: string, text: string, body: string, isClosed?: boolean])[] = [
  ['a length', `${HEAD}Content-Length: 6\r\n\r\nabcdef`, 'abcdef'],
  ['a length of nothing', `${HEAD}Content-Length: 0\r\n\r\n`, ''],
  ['chunks', `${CHUNKED}3\r\nabc\r\n00A\r\ndefghijklm\r\n0\r\n\r\n`, 'abcdefghijklm'],
  [
    'chunks with extensions and trailers',
    `${CHUNKED}3;x="\ty"\r\nabc\r\n3 \r\n\r\n!\r\n0;z\r\nA: 1\r\nB: 2\r\n\r\n`,
    'abc\r\n!',
  ],
  ['no chunk', `${CHUNKED}0\r\n\r\n`, ''],
  ['the end of the connection', `${HEAD}\r\nabcdef`, 'abcdef', true],
  [
    'interim answers before it',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${HEAD}Content-Length: 2\r\n\r\nok`,
    'ok',
  ],
]

for (const [what, text, body, isClosed] of answers)
  test(`an answer framed by ${what} is the same, wherever its bytes are cut`, () => {
    const whole = readPieces([Buffer.from(text, 'latin1')], { isClosed })
    assert.deepEqual([whole.status, whole.body, whole.isDone, whole.surplus], [200, body, true, ''])
    assert.deepEqual(
      readPieces(
        cutAt(
          text,
          [...text].map((_, at) => at),
        ),
        { isClosed },
      ),
      whole,
    )
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), places => {
        assert.deepEqual(readPieces(cutAt(text, places), { isClosed }), whole)
      }),
    )
  })

test('any body in any chunks is what it was', () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 12 })
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(), { maxLength: 6 }), (chunks, places) => {
      const body = chunks.map(chunk => Buffer.from(chunk).toString('latin1'))
      const framed = body.map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
      const read = readPieces(cutAt(`${CHUNKED}${framed}0\r\n\r\n`, places))
      assert.deepEqual([read.body, read.isDone], [body.join(''), true])
    }),
  )
})

test('what one read brings is one piece, however many chunks it lies in', () => {
  const parser = new ResponseParser()
  parser.start(false)
  const bytes = Buffer.from(`${CHUNKED}1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n`)
  parser.push(bytes, bytes.length)
  assert.equal(toLatin1(bytes, parser.bodyStart, parser.bodyEnd), 'abcdef')
})

test('bytes after the end belong to no answer', () => {
  for (const text of [`${HEAD}Content-Length: 2\r\n\r\nok`, `${CHUNKED}2\r\nok\r\n0\r\n\r\n`]) {
    assert.deepEqual(readPieces([Buffer.from(`${text}junk`)]).surplus, 'junk')
    assert.deepEqual(readPieces([Buffer.from(text), Buffer.from('junk')]).surplus, 'junk')
  }
})

test('an answer that has no body is done with its head', () => {
  assert.equal(readPieces([Buffer.from(`${HEAD}Content-Length: 6\r\n\r\n`)], { isBodiless: true }).isDone, true)
})

test('the end of the connection is the end of an answer only where nothing else is', () => {
  for (const text of [
    '',
    'HTTP/1.1 2',
    HEAD,
    `${HEAD}Content-Length: 3\r\n\r\nab`,
    `${CHUNKED}3\r\nab`,
    `${CHUNKED}0\r\n`,
  ])
    assert.equal(readPieces([Buffer.from(text)], { isClosed: true }).isDone, false, text)
})

const refusals: readonly (readonly [what: string, text: string, code: string])[] = [
  ['another protocol, at its first bytes', 'SSH-2', 'HPE_INVALID_CONSTANT'],
  ['another protocol', 'HTTPS/1.1 200 OK\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ['a head larger than 64 KiB', `${HEAD}A: ${'a'.repeat(65_536)}`, 'HPE_HEADER_OVERFLOW'],
  ['seventeen interim answers', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(17), 'HPE_HEADER_OVERFLOW'],
  ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'HPE_PAUSED_UPGRADE'],
  ['a chunk without a size', `${CHUNKED}\r\nabc`, 'HPE_INVALID_CHUNK_SIZE'],
  ['a chunk whose size is no number', `${CHUNKED}-3\r\nabc`, 'HPE_INVALID_CHUNK_SIZE'],
  ['a chunk whose size is too large to count', `${CHUNKED}${'f'.repeat(14)}\r\n`, 'HPE_INVALID_CHUNK_SIZE'],
  ['a chunk longer than its size', `${CHUNKED}3\r\nabcd\r\n`, 'HPE_STRICT'],
  ['a chunk line ended by a bare carriage return', `${CHUNKED}3\rabc`, 'HPE_STRICT'],
  ['a chunk line ended by a bare line feed', `${CHUNKED}3;x\nabc`, 'HPE_CHUNK_EXTENSIONS_OVERFLOW'],
  ['endless extensions', `${CHUNKED}3;${'x'.repeat(65_537)}`, 'HPE_CHUNK_EXTENSIONS_OVERFLOW'],
  ['endless trailers', `${CHUNKED}0\r\n${'A: b\r\n'.repeat(11_000)}`, 'HPE_HEADER_OVERFLOW'],
]

for (const [what, text, code] of refusals)
  test(`${what} is refused`, () => {
    const bytes = Buffer.from(text, 'latin1')
    const pieces = Array.from({ length: Math.ceil(bytes.length / 8192) }, (_, at) =>
      bytes.subarray(at * 8192, (at + 1) * 8192),
    )
    assert.throws(() => readPieces(pieces), { name: 'ParserError', code })
  })

test('any bytes at all are an answer or an error of the parser', () => {
  const damage = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  const [, chunks] = answers[3] as (typeof answers)[number]
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), places => {
      const bytes = Buffer.from(chunks, 'latin1')
      for (const { at, byte } of places) bytes[at % bytes.length] = byte
      try {
        readPieces([bytes])
      } catch (error) {
        assert.ok(error instanceof ParserError)
      }
    }),
  )
})
