/** Errors of every dialect in the form of every client, before a stream and inside one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, toUtf8 } from '../../src/bytes.ts'
import { DIALECTS, type DialectName } from '../../src/dialects/index.ts'
import { FAILURES, type Failure, type FailureCode, failure } from '../../src/errors.ts'
import { adapters, createAdapter, DEFAULT_LIMITS } from '../../src/exchange/index.ts'
import { foldEvents, type StreamEvent } from '../../src/model/index.ts'
import { SseDecoder } from '../../src/sse/index.ts'

const CODES = Object.keys(FAILURES) as FailureCode[]
const MESSAGE = 'Cannot grind “rye”: the mill stands still'

/** Where the words of each dialect stand in its error object. */
const WORDS: Readonly<Record<DialectName, (error: Record<string, unknown>) => unknown>> = {
  chat: ({ type, code }) => [type, code],
  responses: ({ type, code }) => [type, code],
  messages: ({ type }) => type,
  gemini: ({ code, status }) => [code, status],
}

const OPENAI = {
  'bad-request': ['invalid_request_error', null],
  unauthorized: ['invalid_request_error', 'invalid_api_key'],
  forbidden: ['permission_error', 'permission_denied'],
  'not-found': ['invalid_request_error', 'not_found'],
  'too-large': ['invalid_request_error', 'request_too_large'],
  'rate-limited': ['requests', 'rate_limit_exceeded'],
  overloaded: ['server_error', 'server_is_overloaded'],
  upstream: ['server_error', 'upstream_error'],
  truncated: ['server_error', 'stream_truncated'],
  timeout: ['server_error', 'timeout'],
  cancelled: ['server_error', 'request_cancelled'],
} as const satisfies Record<FailureCode, unknown>

/** What a client of each dialect reads, whoever failed. */
const TOLD: Readonly<Record<DialectName, Readonly<Record<FailureCode, unknown>>>> = {
  chat: OPENAI,
  responses: OPENAI,
  messages: {
    'bad-request': 'invalid_request_error',
    unauthorized: 'authentication_error',
    forbidden: 'permission_error',
    'not-found': 'not_found_error',
    'too-large': 'request_too_large',
    'rate-limited': 'rate_limit_error',
    overloaded: 'overloaded_error',
    upstream: 'api_error',
    truncated: 'api_error',
    timeout: 'timeout_error',
    cancelled: 'api_error',
  },
  gemini: {
    'bad-request': [400, 'INVALID_ARGUMENT'],
    unauthorized: [401, 'UNAUTHENTICATED'],
    forbidden: [403, 'PERMISSION_DENIED'],
    'not-found': [404, 'NOT_FOUND'],
    'too-large': [413, 'INVALID_ARGUMENT'],
    'rate-limited': [429, 'RESOURCE_EXHAUSTED'],
    overloaded: [529, 'UNAVAILABLE'],
    upstream: [502, 'INTERNAL'],
    truncated: [502, 'DATA_LOSS'],
    timeout: [504, 'DEADLINE_EXCEEDED'],
    cancelled: [499, 'CANCELLED'],
  },
}

/** What the client reads of a stream of the upstream's that holds these texts. */
function convert(from: DialectName, to: DialectName, ...texts: readonly string[]): string {
  const adapter = createAdapter({ from, to })
  const stage = adapter.stage({ clientModel: 'm', shape: 'stream', limits: DEFAULT_LIMITS, edits: new Set() })
  let told = ''
  const take = (bytes: Uint8Array) => {
    told += toUtf8(bytes)
  }
  for (const text of texts) stage.push(fromUtf8(text), take)
  stage.end(take)
  return told
}

function failureIn(dialect: DialectName, text: string): Failure | undefined {
  const events: StreamEvent[] = []
  const decoder = DIALECTS[dialect].codec.createStreamDecoder({ issuer: '' }, event => events.push(event))
  const sse = new SseDecoder()
  sse.push(fromUtf8(text), event => decoder.push(event))
  decoder.end()
  return foldEvents(events).failure
}

/** The beginning of a stream that says `Hello`. */
function opening(dialect: DialectName): string {
  let text = ''
  const context = { request: undefined, model: undefined, createId: (prefix: string) => `${prefix}1`, now: () => 1 }
  const losses = { add() {}, addNative() {}, all: [] } as never
  const encoder = DIALECTS[dialect].codec.createStreamEncoder({ ...context, losses }, written => {
    text += written
  })
  encoder.push({ type: 'message-start', id: 'a-1', model: 'm' })
  encoder.push({ type: 'block-start', index: 0, choice: 0, kind: 'text' })
  encoder.push({ type: 'text-delta', index: 0, text: 'Hello' })
  return text
}

for (const { from, to } of adapters.pairs)
  for (const code of CODES) {
    const told = failure(code, MESSAGE)
    const { status } = told

    test(`${code} of ${to} before the stream is a ${status} in the form of ${from}`, () => {
      const { failure: duty } = DIALECTS[to]
      const answered = createAdapter({ from, to }).failure(
        status,
        ['retry-after', '7'],
        duty.encode(told, 'req_1'),
        'req_2',
      )
      assert.partialDeepStrictEqual(answered.failure, { code, status, message: MESSAGE, retryAfterMs: 7000 })
      assert.ok(DIALECTS[from].failure.isOwn(answered.body))
      const { error } = JSON.parse(toUtf8(answered.body))
      assert.equal(error.message, MESSAGE)
      assert.deepEqual(WORDS[from](error), TOLD[from][code])
    })

    if (from !== to)
      for (const [place, start] of [
        ['first', ''],
        ['in the middle', opening(to)],
      ] as const)
        test(`${code} of ${to}, ${place} in the stream, is one of ${from}`, () => {
          const stream = convert(from, to, start, DIALECTS[to].failure.encodeInStream(told, undefined))
          assert.partialDeepStrictEqual(failureIn(from, stream), { code, message: MESSAGE })
          assert.equal(stream.includes('Hello'), start !== '')
          assert.doesNotMatch(stream, /\[DONE\]|message_stop|response\.completed|"finish_?[rR]eason":"/)
        })
  }
