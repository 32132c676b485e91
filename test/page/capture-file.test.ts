/** What the page makes of a captured exchange, without a browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCaptureFile } from '../../dashboard/src/stream/capture.ts'
import { curlOf } from '../../dashboard/src/stream/curl.ts'

function file(...lines: readonly object[]): string {
  return lines.map(line => `${JSON.stringify(line)}\n`).join('')
}

const upstream = (at: number, text: string) => ({ type: 'chunk', from: 'upstream', at, text })
const client = (at: number, text: string) => ({ type: 'chunk', to: 'client', at, text })

test('frames are there when their blank line is, however the reads cut them', () => {
  const { moments } = readCaptureFile(
    file(
      upstream(10, 'data: o'),
      upstream(20, 'ne\n\ndata: two\r'),
      upstream(30, '\n\r\ndata: thr'),
      upstream(40, 'ee'),
    ),
  )
  assert.deepEqual(
    moments.map(({ atMs, upstream }) => [atMs, upstream]),
    [
      [20, 'data: one'],
      [30, 'data: two'],
      [40, 'data: three'],
    ],
  )
})

test('what both sides said at one moment stands side by side', () => {
  const { moments } = readCaptureFile(
    file(
      upstream(10, 'data: a\n\n'),
      client(11, 'data: A\n\n'),
      upstream(50, 'data: b\n\n'),
      client(80, 'data: B\n\n'),
    ),
  )
  assert.deepEqual(moments, [
    { atMs: 10, upstream: 'data: a', client: 'data: A' },
    { atMs: 50, upstream: 'data: b', client: undefined },
    { atMs: 80, upstream: undefined, client: 'data: B' },
  ])
})

test('a body that is no event stream is one frame, and bytes stand as they were written', () => {
  const { moments } = readCaptureFile(
    file(client(5, '{"a":1}'), { type: 'chunk', from: 'upstream', at: 90, base64: '/w==' }),
  )
  assert.deepEqual(moments, [
    { atMs: 5, upstream: undefined, client: '{"a":1}' },
    { atMs: 90, upstream: '(bytes) /w==', client: undefined },
  ])
})

test('requests and heads are read, and the upstream’s body where it was the client’s', () => {
  const capture = readCaptureFile(
    file(
      { type: 'capture', version: 1, id: 'one' },
      { type: 'request', from: 'client', method: 'POST', url: '/v1/messages', headers: ['a', 'b'], text: '{}' },
      { type: 'request', to: 'upstream', method: 'POST', url: 'http://up/v1', headers: [], body: 'as-client' },
      { type: 'head', from: 'upstream', at: 1, status: 200, headers: ['c', 'd'] },
      { type: 'head', to: 'client', at: 2, status: 201, headers: [] },
      { type: 'of-a-later-version' },
    ),
  )
  assert.deepEqual(capture.request, { method: 'POST', url: '/v1/messages', headers: ['a', 'b'], body: '{}' })
  assert.deepEqual(capture.asked, { method: 'POST', url: 'http://up/v1', headers: [], body: '{}' })
  assert.deepEqual(capture.heads, {
    upstream: { status: 200, headers: ['c', 'd'] },
    client: { status: 201, headers: [] },
  })
})

test('a file that was torn is read up to the tear', () => {
  const whole = file(upstream(1, 'data: a\n\n'), upstream(2, 'data: b\n\n'))
  assert.equal(readCaptureFile(whole.slice(0, -12)).moments.length, 1)
  assert.deepEqual(readCaptureFile('').moments, [])
})

test('a command line says the request again, with a variable for every secret', () => {
  const headers = [
    'Authorization',
    '[redacted]',
    'X-Key',
    '[redacted]',
    'content-type',
    'application/json',
    'Host',
    'a',
  ]
  const request = { method: 'POST', url: '/v1/messages?key=[redacted]', headers, body: `{"text":"it's [redacted]"}` }
  assert.equal(
    curlOf(request, 'http://gate'),
    [
      `curl -N 'http://gate/v1/messages?key='"$MILLRACE_KEY"`,
      `-H 'Authorization: Bearer '"$MILLRACE_KEY"`,
      `-H 'X-Key: '"$MILLRACE_KEY"`,
      `-H 'content-type: application/json'`,
      `--data-binary '{"text":"it'\\''s '"$MILLRACE_KEY"'"}'`,
    ].join(' \\\n  '),
  )
})

test('nothing in a request leaves its quotes', () => {
  const request = { method: "G'ET; rm", url: "/'$(id)", headers: ["x'y", '`id`'], body: '' }
  assert.equal(
    curlOf(request, 'http://gate'),
    `curl -N 'http://gate/'\\''$(id)' \\\n  -X 'G'\\''ET; rm' \\\n  -H 'x'\\''y: \`id\`'`,
  )
})
