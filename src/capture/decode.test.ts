import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { decodeCapture } from './decode.ts'
import { encodeCapture } from './encode.ts'
import type { Recorded } from './recorded.ts'

const TEXT = fromUtf8('data: das Mehl 🌾\n\ndata: \u2028\u001b[1m\n\n')
const BINARY = Uint8Array.of(0xff, 0xfe, 0x00, 0x80)

const RECORDED: Recorded = {
  ...{ id: 'x-1', time: '2026-11-03T09:12:55.120Z', key: 'fcde2b2e', upstreamName: 'up' },
  dialects: { client: 'messages', upstream: 'chat' },
  client: { method: 'POST', url: '/v1/messages', headers: ['A', '1', 'a', '2'], body: BINARY, leftOut: 7 },
  upstream: { method: 'POST', url: 'http://up/v1', headers: [], body: 'as-client', leftOut: 7 },
  bytes: { upstream: TEXT, client: BINARY },
  // A read up to the middle of the wheat, a write, the other read.
  chunks: [2, 0, 17, 2.1, 1, 4, 3, 0, TEXT.length],
  marks: [
    { type: 'head', at: 1, after: 0, side: 'upstream', head: { status: 200, headers: ['b', '3'], decoded: 'gzip' } },
    { type: 'head', at: 2, after: 1, side: 'client', head: { status: 200, headers: [] } },
    { type: 'end', at: 4, after: 3, error: { code: 'upstream', transport: 'ECONNRESET', message: 'Gone' } },
  ],
  leftOut: { upstream: 3, client: 0 },
  report: reportOf('failed'),
}
const FILE = encodeCapture(RECORDED)

test('what was recorded is read again, bytes, cuts, order and times', () => {
  const { steps, ...rest } = decodeCapture(fromUtf8(FILE))
  const body = Buffer.from(BINARY)
  assert.deepEqual(rest, {
    ...{ id: 'x-1', time: '2026-11-03T09:12:55.120Z', key: 'fcde2b2e', upstreamName: 'up' },
    dialects: { client: 'messages', upstream: 'chat' },
    client: { method: 'POST', url: '/v1/messages', headers: ['A', '1', 'a', '2'], body, leftOut: 7 },
    upstream: { method: 'POST', url: 'http://up/v1', headers: [], body, leftOut: 7 },
    leftOut: { upstream: 3, client: 0 },
    report: reportOf('failed'),
  })
  assert.deepEqual(steps, [
    { type: 'head', at: 1, side: 'upstream', head: { status: 200, headers: ['b', '3'], decoded: 'gzip' } },
    { type: 'chunk', at: 2, side: 'upstream', bytes: Buffer.from(TEXT.subarray(0, 17)) },
    { type: 'head', at: 2, side: 'client', head: { status: 200, headers: [] } },
    { type: 'chunk', at: 2.1, side: 'client', bytes: Buffer.from(BINARY) },
    { type: 'chunk', at: 3, side: 'upstream', bytes: Buffer.from(TEXT.subarray(17)) },
    { type: 'end', at: 4, error: { code: 'upstream', transport: 'ECONNRESET', message: 'Gone' } },
  ])
})

test('a file steers no terminal', () => {
  assert.doesNotMatch(FILE, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/)
})

test('a file that is torn anywhere is read up to the tear', () => {
  const bytes = fromUtf8(FILE)
  const whole = decodeCapture(bytes)
  const firstLine = FILE.indexOf('\n')
  for (let end = firstLine + 1; end < bytes.length - 1; end++) {
    const torn = decodeCapture(bytes.subarray(0, end))
    assert.equal(torn.report, undefined, `${end}`)
    assert.deepEqual(torn.steps, whole.steps.slice(0, torn.steps.length), `${end}`)
  }
  assert.throws(
    () => decodeCapture(bytes.subarray(0, firstLine - 1)),
    /^MillraceError: Cannot read the capture: line 1/,
  )
})

test('lines and members that are not known are passed over', () => {
  const lines = FILE.replaceAll('{"type"', '{"more":[1],"type"').replace('\n', '\n{"type":"weather","at":1}\n')
  assert.deepEqual(decodeCapture(fromUtf8(lines)), decodeCapture(fromUtf8(FILE)))
})

const REFUSED: readonly (readonly [name: string, text: string, why: RegExp])[] = [
  ['of another version', FILE.replace('"version":1', '"version":2'), /its version is 2, this program reads 1$/],
  ['without a version', FILE.replace('"version":1', '"v":1'), /its version is undefined, this program reads 1$/],
  ['that is none', '{"a":1}\n', /the file does not begin as one$/],
  ['that is empty', '', /line 1 is not JSON$|does not begin as one$/],
  ['that is broken in the middle', FILE.replace('{"type":"head"', '{"type:"head"'), /line 4 is not JSON$/],
  ['with a status that no answer has', FILE.replace('"status":200', '"status":"2"'), /no answer has the status "2"$/],
  ['with a line that is no object', FILE.replace('\n', '\n12\n'), /line 2 is not a JSON object$/],
]
for (const [name, text, why] of REFUSED)
  test(`a file ${name} is refused`, () => {
    assert.throws(() => decodeCapture(fromUtf8(text)), { name: 'MillraceError', code: 'bad-request', message: why })
  })

test('headers that no wire can carry are left out', () => {
  const headers = JSON.stringify(['a b', '1', 'x-a', 'two\r\nx-b: lines', 'x-c', '漢', 'x-d', 'ü', 'x-e'])
  const { steps } = decodeCapture(fromUtf8(FILE.replace('"headers":["b","3"]', `"headers":${headers}`)))
  assert.deepEqual(steps[0]?.type === 'head' && steps[0].head.headers, ['x-d', 'ü'])
})

test('a long text is cut anywhere and stays what it is', () => {
  const ends: number[] = []
  for (let end = 1; end <= TEXT.length; end++) ends.push(1, 0, end)
  const { steps } = decodeCapture(fromUtf8(encodeCapture({ ...RECORDED, chunks: ends, marks: [] })))
  const bytes = steps.flatMap(step => (step.type === 'chunk' ? [...step.bytes] : []))
  assert.equal(steps.length, TEXT.length)
  assert.equal(toUtf8(Uint8Array.from(bytes)), toUtf8(TEXT))
})
