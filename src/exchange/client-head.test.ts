import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8 } from '../bytes.ts'
import { failure } from '../errors.ts'
import { answerHeaders, failureHeaders, shapeOf } from './client-head.ts'

const SHAPES = [
  ['stream', 'text/event-stream', 'stream'],
  ['stream', 'Text/Event-Stream; charset=utf-8', 'stream'],
  ['stream', 'text/plain', 'stream'],
  ['stream', undefined, 'stream'],
  ['stream', 'application/json', 'expand'],
  ['stream', 'APPLICATION/JSON; charset=utf-8', 'expand'],
  ['whole', 'application/json', 'whole'],
  ['whole', 'text/html', 'whole'],
  ['whole', undefined, 'whole'],
  ['whole', 'text/event-stream; charset=utf-8', 'stream'],
] as const

for (const [wants, type, shape] of SHAPES)
  test(`who wants a ${wants} and gets ${type ?? 'no type'} has the shape ${shape}`, () => {
    const headers = type === undefined ? [] : ['Content-Type', type]
    assert.equal(shapeOf(wants, { status: 200, headers }), shape)
  })

const UPSTREAM = [
  ...['Content-Type', 'text/event-stream', 'Content-Length', '9', 'Content-Encoding', 'identity', 'X-Request-ID', 'r1'],
  ...['Connection', 'close, x-hop', 'x-hop', '1', 'Transfer-Encoding', 'chunked', 'set-cookie', 'a', 'set-cookie', 'b'],
  ...['alt-svc', 'h3=":443"', 'x-millrace-lane', 'forged', 'retry-after', '7', 'x-ratelimit-remaining', '0'],
]
const KEPT = [
  ...['X-Request-ID', 'r1', 'set-cookie', 'a', 'set-cookie', 'b'],
  ...['retry-after', '7', 'x-ratelimit-remaining', '0'],
]
const WHOLE = { shape: 'whole', changesBody: false, mediaType: 'text/event-stream' } as const

test('a whole answer keeps what describes its bytes', () => {
  assert.deepEqual(answerHeaders({ status: 200, headers: UPSTREAM }, WHOLE), [...UPSTREAM.slice(0, 6), ...KEPT])
})

test('a stream, a changed body and a decoded one have another length', () => {
  const expected = ['Content-Type', 'text/event-stream', ...KEPT]
  const head = { status: 200, headers: UPSTREAM }
  assert.deepEqual(answerHeaders(head, { ...WHOLE, shape: 'stream' }), expected)
  assert.deepEqual(answerHeaders(head, { ...WHOLE, changesBody: true }), expected)
  assert.deepEqual(answerHeaders({ ...head, decoded: 'gzip' }, WHOLE), expected)
})

test('a stream without a content type gets one, a whole answer does not', () => {
  const head = { status: 200, headers: ['x-a', '1'] }
  const mediaType = 'text/event-stream; charset=utf-8'
  assert.deepEqual(answerHeaders(head, { ...WHOLE, shape: 'stream', mediaType }), [
    'x-a',
    '1',
    'content-type',
    mediaType,
  ])
  assert.deepEqual(answerHeaders(head, { ...WHOLE, mediaType }), ['x-a', '1'])
})

const BODY = fromUtf8('{"error":"é"}')

test('an error answer has the upstream headers, the type of its body and its length in bytes', () => {
  const upstream = { status: 502, headers: ['Content-Type', 'text/html', 'content-length', '99', 'request-id', 'r1'] }
  const told = failure('upstream', 'Upstream failed')
  assert.deepEqual(failureHeaders(upstream, told, BODY), [
    ...['Content-Type', 'text/html', 'request-id', 'r1', 'content-length', '14'],
  ])
  assert.deepEqual(failureHeaders(upstream, told, BODY, 'application/json'), [
    ...['request-id', 'r1', 'content-type', 'application/json', 'content-length', '14'],
  ])
  assert.deepEqual(failureHeaders(undefined, told, BODY, 'application/json'), [
    ...['content-type', 'application/json', 'content-length', '14'],
  ])
})

test('a time to wait becomes retry-after in whole seconds, unless the upstream has said it', () => {
  const told = failure('rate-limited', 'Slow down', { retryAfterMs: 1200 })
  assert.deepEqual(failureHeaders(undefined, told, BODY), ['retry-after', '2', 'content-length', '14'])
  const upstream = { status: 429, headers: ['Retry-After', 'Wed, 21 Oct 2026 07:28:00 GMT'] }
  assert.deepEqual(failureHeaders(upstream, told, BODY), [...upstream.headers, 'content-length', '14'])
})
