import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAILURES, failure, LimitError, MillraceError, StreamingError } from './errors.ts'

const STATUSES = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'too-large': 413,
  'rate-limited': 429,
  overloaded: 529,
  upstream: 502,
  truncated: 502,
  timeout: 504,
  cancelled: 499,
}

test('every failure has its status', () => {
  const told = Object.entries(FAILURES).map(([code, { status }]) => [code, status])
  assert.deepEqual(Object.fromEntries(told), STATUSES)
})

test('every failure says in one sentence each what it means and what to do', () => {
  for (const { meaning, remedy } of Object.values(FAILURES))
    for (const sentence of [meaning, remedy]) assert.match(sentence, /^[A-Z][^\n]*[^.\s]$/)
})

test('a failure has the status of the catalogue, unless another is known better', () => {
  assert.deepEqual(failure('timeout', 'Upstream took too long'), {
    code: 'timeout',
    status: 504,
    message: 'Upstream took too long',
  })
  const more = { status: 503, retryAfterMs: 1000, raw: { type: 'overloaded_error' } }
  assert.deepEqual(failure('overloaded', 'Try later', more), { code: 'overloaded', message: 'Try later', ...more })
})

test('errors are told apart by class, name and code, and keep their cause', () => {
  const cause = new Error('socket hang up')
  const plain = new MillraceError('bad-request', 'Cannot send a response twice', { cause })
  const limit = new LimitError('Cannot read event: over the limit', 8)
  const streaming = new StreamingError(failure('truncated', 'Stream was cut'), { cause })
  assert.deepEqual(
    [plain, limit, streaming].map(({ name, code, message }) => [name, code, message]),
    [
      ['MillraceError', 'bad-request', 'Cannot send a response twice'],
      ['LimitError', 'too-large', 'Cannot read event: over the limit'],
      ['StreamingError', 'truncated', 'Stream was cut'],
    ],
  )
  for (const error of [limit, streaming]) assert.ok(error instanceof MillraceError && error instanceof Error)
  assert.equal(plain.cause, cause)
  assert.equal(streaming.cause, cause)
  assert.equal(limit.limit, 8)
  assert.equal(streaming.status, 502)
  assert.equal(streaming.failure.code, 'truncated')
  assert.match(String(limit), /^LimitError: Cannot read event/)
})
