import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8 } from '../bytes.ts'
import type { FailureCode } from '../errors.ts'
import { codeOfStatus, decodeErrorAnswer, type ErrorBody, readErrorBody } from './error-body.ts'

const BODIES: readonly (readonly [string, unknown, ErrorBody | undefined])[] = [
  [
    'OpenAI',
    { error: { message: 'm', type: 't', param: 'p', code: 'c' } },
    { message: 'm', type: 't', param: 'p', code: 'c' },
  ],
  ['Anthropic', { type: 'error', error: { type: 't', message: 'm' }, request_id: 'r' }, { message: 'm', type: 't' }],
  [
    'Google',
    { error: { code: 404, message: 'm', status: 'NOT_FOUND' } },
    { message: 'm', type: 'NOT_FOUND', status: 404 },
  ],
  ['Google, as an array', [{ error: { code: 400, message: 'm' } }], { message: 'm', status: 400 }],
  ['OpenRouter', { error: { code: 429, message: 'm', metadata: {} }, user_id: 'u' }, { message: 'm', status: 429 }],
  ['Groq', { error: { message: 'm', status_code: 400 } }, { message: 'm', status: 400 }],
  ['a text', { error: 'm' }, { message: 'm' }],
  ['a text with a code beside it', { code: 'c', error: 'm' }, { message: 'm', code: 'c' }],
  ['FastAPI', { detail: 'm' }, { message: 'm' }],
  ['FastAPI, validating', { detail: [{ loc: ['body'], msg: 'm', type: 'missing' }] }, { message: 'm' }],
  ['a nested detail', { detail: { message: 'm', code: 'c' } }, { message: 'm', code: 'c' }],
  ['a list of errors', { success: false, errors: [{ code: 7003, message: 'm' }] }, { message: 'm', code: '7003' }],
  ['a flat message', { message: 'm', type: 't' }, { message: 'm', type: 't' }],
  ['an error event', { type: 'error', message: 'm', code: 'c' }, { message: 'm', code: 'c' }],
  ['our own detail', { error: { message: 'm', details: { error_code: 'c' } } }, { message: 'm', code: 'c' }],
  ['an error without words', { error: {} }, undefined],
  ['something else', { id: 1 }, undefined],
  ['an array', [], undefined],
  ['null', null, undefined],
  ['a string', 'm', undefined],
]

for (const [name, body, expected] of BODIES)
  test(`reads an error body: ${name}`, () => {
    assert.deepEqual(readErrorBody(body), expected)
  })

const STATUSES: readonly (readonly [number, FailureCode])[] = [
  [400, 'bad-request'],
  [401, 'unauthorized'],
  [402, 'forbidden'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [405, 'bad-request'],
  [408, 'timeout'],
  [409, 'bad-request'],
  [410, 'not-found'],
  [413, 'too-large'],
  [422, 'bad-request'],
  [429, 'rate-limited'],
  [498, 'overloaded'],
  [499, 'cancelled'],
  [500, 'upstream'],
  [502, 'upstream'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [522, 'timeout'],
  [524, 'timeout'],
  [529, 'overloaded'],
  [302, 'upstream'],
  [200, 'upstream'],
]

for (const [status, code] of STATUSES)
  test(`status ${status} is ${code}`, () => {
    assert.equal(codeOfStatus(status), code)
  })

test('a word that says more than the status decides, and the status where the word is vague', () => {
  const words = { vague: 'bad-request', rate: 'rate-limited' } as const
  const code = (status: number, type: string) =>
    decodeErrorAnswer(words, status, [], fromUtf8(JSON.stringify({ error: { message: 'm', type } }))).code
  assert.equal(code(400, 'rate'), 'rate-limited')
  assert.equal(code(404, 'vague'), 'not-found')
  assert.equal(code(500, 'vague'), 'bad-request')
  assert.equal(code(500, 'constructor'), 'upstream')
})

test('what cannot be read is quoted, in one line and not at length', () => {
  const message = (body: string | Uint8Array) =>
    decodeErrorAnswer({}, 502, [], typeof body === 'string' ? fromUtf8(body) : body).message
  assert.equal(message(''), 'Cannot read the upstream\'s error answer: status 502, got ""')
  assert.equal(message('null'), 'Cannot read the upstream\'s error answer: status 502, got "null"')
  assert.equal(
    message('<html>\r\n  <b>Bad'),
    'Cannot read the upstream\'s error answer: status 502, got "<html> <b>Bad"',
  )
  assert.equal(
    message(new Uint8Array([0xff, 0x41])),
    'Cannot read the upstream\'s error answer: status 502, got "\ufffdA"',
  )
  assert.ok(message('x'.repeat(1_000_000)).length < 300)
})

test('an answer that is no error status has the status of what it says, or of a bad upstream', () => {
  const status = (status: number, body: object) =>
    decodeErrorAnswer({}, status, [], fromUtf8(JSON.stringify(body))).status
  assert.equal(status(200, { error: { code: 503, message: 'm' } }), 503)
  assert.equal(status(200, { error: 'm' }), 502)
  assert.equal(status(302, {}), 502)
})

test('what the head says about waiting goes before what the body says', () => {
  const body = fromUtf8('{"error":{"message":"m","details":[{"retryDelay":"1.5s"}]}}')
  assert.equal(decodeErrorAnswer({}, 429, ['Retry-After', '3'], body).retryAfterMs, 3000)
  assert.equal(decodeErrorAnswer({}, 429, [], body).retryAfterMs, 1500)
})
