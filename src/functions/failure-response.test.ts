import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, MillraceError, StreamingError } from '../errors.ts'
import { failureResponse } from './failure-response.ts'

test('a failure is answered by its status, in the words of the dialect', async () => {
  const thrown = new StreamingError(failure('rate-limited', 'Too fast', { retryAfterMs: 1500 }))
  const response = failureResponse(thrown, 'messages')
  assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '2'])
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.deepEqual(await response.json(), { type: 'error', error: { type: 'rate_limit_error', message: 'Too fast' } })
})

test('other errors of this package are answered by their code', async () => {
  const response = failureResponse(new MillraceError('bad-request', 'Cannot read it'), 'chat')
  assert.equal(response.status, 400)
  assert.match(await response.text(), /Cannot read it/)
})

test('of other errors nothing is told', async () => {
  const response = failureResponse(new TypeError('secret'), 'gemini')
  assert.equal(response.status, 500)
  assert.doesNotMatch(await response.text(), /secret/)
})
