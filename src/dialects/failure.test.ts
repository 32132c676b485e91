import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { recordedErrors } from '../../test/corpus.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { FAILURES, type Failure, type FailureCode, failure } from '../errors.ts'
import { toRawHeaders } from '../http/index.ts'
import { DIALECTS, type DialectName } from './index.ts'

const NAMES = Object.keys(DIALECTS) as DialectName[]
const CODES = Object.keys(FAILURES) as FailureCode[]

/** What a recorded answer means, where its status alone does not say it. */
const MEANINGS: Readonly<Record<string, FailureCode>> = {
  'API key not valid. Please pass a valid API key.': 'unauthorized',
  "The requested model 'gpt-5.2-proo' does not exist.": 'not-found',
}

const BY_STATUS: Readonly<Record<number, FailureCode>> = {
  400: 'bad-request',
  401: 'unauthorized',
  404: 'not-found',
  429: 'rate-limited',
}

for (const { dialect, provider, status, headers, body } of recordedErrors()) {
  const text = JSON.stringify(body)
  test(`decodes the error of ${provider} for ${dialect}: ${status} ${text.slice(0, 60)}`, () => {
    const decoded = DIALECTS[dialect].failure.decode(status, toRawHeaders(headers), fromUtf8(text))
    assert.equal(decoded.code, MEANINGS[decoded.message] ?? BY_STATUS[status])
    assert.equal(decoded.status, status)
    assert.ok(decoded.message.length > 0 && text.includes(JSON.stringify(decoded.message).slice(1, -1)))
    const isOwn = provider !== 'mistral' && provider !== 'x'
    assert.equal(DIALECTS[dialect].failure.isOwn(fromUtf8(text)), isOwn)
  })
}

for (const name of NAMES) {
  const { failure: duty } = DIALECTS[name]

  test(`${name}: what is encoded is decoded again, with code, message and the provider's type`, () => {
    for (const code of CODES) {
      const told = failure(code, `Cannot do it: “${code}”`)
      const decoded = duty.decode(told.status, [], duty.encode(told, 'req_1'))
      assert.equal(decoded.code, code)
      assert.equal(decoded.message, told.message)
      assert.deepEqual(duty.decode(told.status, [], duty.encode(decoded, 'req_1')), decoded)
    }
  })

  test(`${name}: what we encode is an error in its own form`, () => {
    for (const code of CODES) assert.ok(duty.isOwn(duty.encode(failure(code, 'No'), 'req_1')), code)
  })

  test(`${name}: no other body is an error in its own form`, () => {
    for (const body of [
      '',
      'null',
      '[]',
      '{}',
      '"x"',
      '<html>',
      '{"error":"text"}',
      '{"error":null}',
      '{"detail":"x"}',
      '{"message":"x"}',
    ])
      assert.equal(duty.isOwn(fromUtf8(body)), false, body)
    assert.equal(duty.isOwn(new Uint8Array([0xff, 0xfe])), false)
  })

  test(`${name}: overloaded is kept apart from rate-limited`, () => {
    assert.equal(duty.decode(529, [], fromUtf8('{}')).code, 'overloaded')
    assert.equal(duty.decode(429, [], fromUtf8('{}')).code, 'rate-limited')
  })

  test(`${name}: any bytes with any status decode to a failure`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        fc.oneof(fc.uint8Array(), fc.json().map(fromUtf8)),
        (status, body) => {
          const { code, status: told } = duty.decode(status, [], body)
          assert.ok(CODES.includes(code))
          assert.ok(told >= 400 && told < 600)
        },
      ),
    )
  })

  test(`${name}: an error in a stream is read back as that failure, and is no success`, () => {
    for (const code of CODES) {
      const meter = DIALECTS[name].createMeter()
      const told = failure(code, `Cannot do it: “${code}”`)
      for (const frame of framesOf(duty.encodeInStream(told, undefined)))
        assert.equal(meter.frame(frame, 0, frame.length), 'failure')
      assert.equal(meter.reading.failure?.code, code)
      assert.equal(meter.reading.failure.message, told.message)
      assert.equal(meter.reading.isTerminal, false)
    }
  })
}

/** As they pass through a meter: one character a byte. */
function framesOf(text: string): string[] {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .split(/(?<=\n\n)/)
}

const UNLIKE: Failure = failure('rate-limited', 'Slow down', {
  retryAfterMs: 2500,
  raw: { type: 'tokens', code: 'tpm', param: 'input' },
})

function encoded(name: DialectName, told: Failure, requestId?: string): unknown {
  return JSON.parse(toUtf8(DIALECTS[name].failure.encode(told, requestId)))
}

test("chat and responses answer in OpenAI's form, with the provider's words", () => {
  const error = { error: { message: 'Slow down', type: 'tokens', param: 'input', code: 'tpm' } }
  assert.deepEqual(encoded('chat', UNLIKE), error)
  assert.deepEqual(encoded('responses', UNLIKE), error)
})

test('messages answers with types that its clients know, and the request id', () => {
  assert.deepEqual(encoded('messages', UNLIKE, 'req_1'), {
    type: 'error',
    error: { type: 'rate_limit_error', message: 'Slow down' },
    request_id: 'req_1',
  })
  assert.deepEqual(encoded('messages', failure('truncated', 'Cut')), {
    type: 'error',
    error: { type: 'api_error', message: 'Cut', details: { error_code: 'stream_truncated' } },
  })
})

test('gemini answers with a number, a status that its clients know, and how long to wait', () => {
  assert.deepEqual(encoded('gemini', UNLIKE), {
    error: {
      code: 429,
      message: 'Slow down',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'tpm' },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2.5s' },
      ],
    },
  })
})

const NUMBERED =
  'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"}","sequence_number":7}\r\n\r\n'

test('a response that fails keeps its id and goes on counting', () => {
  const text = DIALECTS.responses.failure.encodeInStream(failure('truncated', 'Cut'), NUMBERED, 'resp_1')
  const events = text.split('\n\n').filter(frame => frame !== '')
  assert.deepEqual(
    events.map(frame => frame.split('\n')[0]),
    ['event: error', 'event: response.failed'],
  )
  assert.deepEqual(
    events.map(frame => JSON.parse(frame.slice(frame.indexOf('{')))),
    [
      {
        type: 'error',
        error: { message: 'Cut', type: 'server_error', param: null, code: 'stream_truncated' },
        sequence_number: 8,
      },
      {
        type: 'response.failed',
        response: {
          id: 'resp_1',
          object: 'response',
          status: 'failed',
          error: { code: 'stream_truncated', message: 'Cut' },
          incomplete_details: null,
          output: [],
        },
        sequence_number: 9,
      },
    ],
  )
})

test('a response that fails counts from 0 where no number is known', () => {
  for (const last of [undefined, '', ': comment\n\n', 'data: [DONE]\n\n', 'data: {"type":"x"}\n\n', 'data: {"a":\n\n'])
    assert.match(
      DIALECTS.responses.failure.encodeInStream(failure('upstream', 'No'), last),
      /"sequence_number":0}\n\n.*\n.*"sequence_number":1}\n\n$/,
    )
})
