import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionNamed, requestHeaders, responseHeaders, sendableHeaders } from './head.ts'

/** The client's headers that go up with `accept-encoding: identity`, which is ours. */
const up = (...headers: string[]) => requestHeaders(headers).slice(0, -2)

const STAYS_HERE = [
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'Proxy-Authenticate',
  'Proxy-Authentication-Info',
  'Proxy-Authorization',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'HTTP2-Settings',
  'Host',
  'Content-Length',
  'Expect',
  'Accept-Encoding',
  'Authorization',
  'X-Api-Key',
  'X-Goog-Api-Key',
  'Api-Key',
  'Cookie',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Millrace-Request-Id',
  'Sec-Fetch-Mode',
  'Sec-CH-UA',
]

for (const name of STAYS_HERE)
  test(`${name} of a client does not go up`, () =>
    assert.deepEqual(up('a', '1', name, 'x', 'b', '2'), ['a', '1', 'b', '2']))

const GOES_UP = [
  'anthropic-beta',
  'anthropic-version',
  'openai-organization',
  'OpenAI-Beta',
  'x-stainless-lang',
  'User-Agent',
  'Content-Type',
  'Content-Encoding',
  'Accept',
  'Origin',
  'Referer',
  'Via',
  'security',
  'x-forwarded',
  'x-millrace',
]

for (const name of GOES_UP)
  test(`${name} of a client goes up`, () => assert.deepEqual(up(name, 'Some Value'), [name, 'Some Value']))

test('repeated headers go up as separate lines, byte for byte', () => {
  assert.deepEqual(up('anthropic-beta', 'a,  b', 'Anthropic-Beta', 'caf\u00e9'), [
    'anthropic-beta',
    'a,  b',
    'Anthropic-Beta',
    'caf\u00e9',
  ])
})

test('a client asks for any coding, the upstream is asked for none', () => {
  assert.deepEqual(requestHeaders(['accept-encoding', 'gzip, br, zstd']), ['accept-encoding', 'identity'])
})

test('more names and prefixes are dropped on demand', () => {
  const headers = ['anthropic-beta', '1', 'Anthropic-Version', '2', 'openai-beta', '3', 'openai', '4', 'x', '5']
  assert.deepEqual(requestHeaders(headers, { drop: ['anthropic-', 'openai-beta'] }), [
    'openai',
    '4',
    'x',
    '5',
    'accept-encoding',
    'identity',
  ])
})

test('what Connection names does not cross, either way', () => {
  const headers = ['Connection', 'close, X-Hop', 'x-hop', '1', 'connection', 'Other', 'other', '2', 'x-end', '3']
  assert.deepEqual([...connectionNamed(headers)], ['close', 'x-hop', 'other'])
  assert.deepEqual(up(...headers), ['x-end', '3'])
  assert.deepEqual(responseHeaders(headers, { bodyChanges: false }), ['x-end', '3'])
})

const STAYS_UPSTREAM = [
  'Connection',
  'Keep-Alive',
  'Transfer-Encoding',
  'Trailer',
  'Upgrade',
  'Proxy-Authenticate',
  'Alt-Svc',
  'X-Millrace-Request-Id',
  'x-millrace-edits',
]

for (const name of STAYS_UPSTREAM)
  test(`${name} of an upstream does not come down`, () =>
    assert.deepEqual(responseHeaders(['a', '1', name, 'x'], { bodyChanges: false }), ['a', '1']))

const COMES_DOWN = [
  'Content-Type',
  'Request-Id',
  'X-Request-ID',
  'Retry-After',
  'anthropic-ratelimit-requests-remaining',
  'Set-Cookie',
  'WWW-Authenticate',
]

for (const name of COMES_DOWN)
  test(`${name} of an upstream comes down, changed body or not`, () => {
    assert.deepEqual(responseHeaders([name, '1', name, '2'], { bodyChanges: false }), [name, '1', name, '2'])
    assert.deepEqual(responseHeaders([name, '1', name, '2'], { bodyChanges: true }), [name, '1', name, '2'])
  })

const BODY_BOUND = ['Content-Length', 'Content-Encoding', 'Content-Digest', 'Content-MD5', 'Digest', 'Repr-Digest']

for (const name of BODY_BOUND)
  test(`${name} comes down only with the very bytes of the upstream`, () => {
    assert.deepEqual(responseHeaders([name, 'x'], { bodyChanges: false }), [name, 'x'])
    assert.deepEqual(responseHeaders([name, 'x'], { bodyChanges: true }), [])
  })

test('a sender says host, framing and connection itself', () => {
  assert.deepEqual(
    sendableHeaders(['Host', 'x', 'expect', '100-continue', 'Content-Length', '9', 'Authorization', 'k']),
    ['Authorization', 'k'],
  )
})
