import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ResponseHead, readResponseHead } from './response-head.ts'

function read(lines: readonly string[], isBodiless = false): ResponseHead {
  return readResponseHead(['HTTP/1.1 200 OK', ...lines].join('\r\n'), isBodiless)
}

test('headers keep order, case and repeats, and lose the blanks around them', () => {
  const { headers } = read(['X-B: 1', 'x-a:  caf\u00e9\t', 'X-B:2', 'Empty:', 'Colon: a:b'])
  assert.deepEqual(headers, ['X-B', '1', 'x-a', 'caf\u00e9', 'X-B', '2', 'Empty', '', 'Colon', 'a:b'])
})

const framings: readonly (readonly [lines: string[], framing: ResponseHead['framing'], keepsAlive: boolean])[] = [
  [['Content-Length: 6'], 6, true],
  [['Transfer-Encoding: Chunked'], 'chunked', true],
  [[], 'close', false],
  [['Content-Length: 6', 'Connection: close'], 6, false],
  [['Content-Length: 6', 'Connection: x, Close'], 6, false],
  [['Content-Length: 6', 'Connection: keep-alive'], 6, true],
]
for (const [lines, framing, keepsAlive] of framings)
  test(`a head with ${lines.join(' and ') || 'nothing'} is framed by ${framing}`, () => {
    const head = read(lines)
    assert.deepEqual([head.framing, head.keepsAlive], [framing, keepsAlive])
  })

test('answers that have no body have none, whatever their head says', () => {
  for (const status of ['204 No Content', '304 Not Modified'])
    assert.equal(readResponseHead(`HTTP/1.1 ${status}\r\nContent-Length: 6`, false).framing, 0)
  assert.equal(read(['Content-Length: 6'], true).framing, 0)
})

test('HTTP/1.0 closes unless it says otherwise', () => {
  const old = (lines: string) => readResponseHead(`HTTP/1.0 200 OK\r\nContent-Length: 1${lines}`, false).keepsAlive
  assert.deepEqual([old(''), old('\r\nConnection: Keep-Alive'), old('\r\nConnection: close')], [false, true, false])
})

test('the time that the upstream keeps an idle connection is read', () => {
  const hint = (value: string) => read(['Content-Length: 0', `Keep-Alive: ${value}`]).keepAliveHintMs
  assert.deepEqual([hint('timeout=5'), hint('max=9, timeout=72'), hint('max=9')], [5000, 72_000, undefined])
  assert.equal(read([]).keepAliveHintMs, undefined)
})

test('a reason phrase may be missing, or hold any text', () => {
  for (const line of ['HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1 200 Alles in Ordnung\u00e4'])
    assert.equal(readResponseHead(`${line}\r\nContent-Length: 0`, false).status, 200)
})

const refusals: readonly (readonly [what: string, text: string, code: string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH', 'HPE_INVALID_CONSTANT'],
  ['another version', 'HTTP/2.0 200 OK', 'HPE_INVALID_CONSTANT'],
  ['a status of two digits', 'HTTP/1.1 20 OK', 'HPE_INVALID_CONSTANT'],
  ['a line without a colon', 'HTTP/1.1 200 OK\r\nabc', 'HPE_INVALID_HEADER_TOKEN'],
  ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 3', 'HPE_INVALID_HEADER_TOKEN'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nA: 1\r\n b', 'HPE_INVALID_HEADER_TOKEN'],
  ['a name that is none', 'HTTP/1.1 200 OK\r\n: 1', 'HPE_INVALID_HEADER_TOKEN'],
  ['a bare line feed', 'HTTP/1.1 200 OK\r\nA: 1\nB: 2', 'HPE_INVALID_HEADER_TOKEN'],
  ['a bare carriage return', 'HTTP/1.1 200 OK\r\nA: 1\rB: 2', 'HPE_INVALID_HEADER_TOKEN'],
  ['a zero byte', 'HTTP/1.1 200 OK\r\nA: \0', 'HPE_INVALID_HEADER_TOKEN'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3', 'HPE_UNEXPECTED_CONTENT_LENGTH'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked',
    'HPE_UNEXPECTED_CONTENT_LENGTH',
  ],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -3', 'HPE_INVALID_CONTENT_LENGTH'],
  ['a length in words', 'HTTP/1.1 200 OK\r\nContent-Length: 3, 3', 'HPE_INVALID_CONTENT_LENGTH'],
  ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked', 'HPE_INVALID_TRANSFER_ENCODING'],
  [
    'chunks in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'HPE_INVALID_TRANSFER_ENCODING',
  ],
]
for (const [what, text, code] of refusals)
  test(`a head with ${what} is refused`, () => {
    assert.throws(() => readResponseHead(text, false), { name: 'ParserError', code })
  })
