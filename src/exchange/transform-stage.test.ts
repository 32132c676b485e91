import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotingOutlet, type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import type { Adapter } from './adapter.ts'
import { Exchange } from './exchange.ts'
import { passAdapter, relayAdapter } from './relay.ts'
import type { AnswerTransformer } from './transform-stage.ts'

const ANSWER =
  '{"id":"chatcmpl-1","model":"m-1","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}'
const STREAM =
  'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
const JSON_HEADERS = ['Content-Type', 'application/json', 'Content-Length', '160', 'x-request-id', 'req_1']

/** Puts the body into an envelope, and a header beside it. */
const wrap: AnswerTransformer = ({ headers, body }) => ({
  headers: [...headers, 'x-wrapped', 'yes'],
  body: fromUtf8(`{"wrapped":${toUtf8(body)}}`),
})

interface Setup {
  readonly transform?: AnswerTransformer
  readonly wants?: 'stream' | 'whole'
  readonly adapter?: Adapter
}

function begin({ transform = wrap, wants = 'whole', adapter = relayAdapter(DIALECTS.chat) }: Setup = {}) {
  const client = new ScriptedClient()
  const outlet = new NotingOutlet()
  const request = { method: 'POST', url: new URL('http://up.test/'), headers: [], body: undefined }
  const next = (failed: unknown) => (failed ? undefined : { upstream: 'up', client, request, adapter })
  const subject = { id: 'x-1' }
  const report = new Exchange(next, outlet, { hold: 'frame', subject, wants, fallback: adapter, transform }).start()
  return { outlet, report, call: client.calls[0] as ScriptedCall }
}

test('a whole answer is changed in headers and body, with the length of what goes out', async () => {
  const { call, outlet, report } = begin()
  call.head(200, JSON_HEADERS).data(ANSWER.slice(0, 50)).data(ANSWER.slice(50)).end()
  assert.equal(outlet.text, `{"wrapped":${ANSWER}}`)
  assert.deepEqual(outlet.head, {
    status: 200,
    headers: [
      ...['Content-Type', 'application/json', 'x-request-id', 'req_1', 'x-wrapped', 'yes'],
      ...['content-length', String(outlet.text.length)],
    ],
  })
  const { outcome, usage, bytesOut } = await report
  assert.deepEqual([outcome, usage.input, bytesOut], ['completed', 7, outlet.text.length])
})

test('what describes the old body or belongs to the connection does not cross, though the transformer says it', () => {
  const said = ['content-length', '1', 'Content-Encoding', 'gzip', 'connection', 'x-mine', 'x-mine', '1', 'x-kept', '2']
  const { call, outlet } = begin({ transform: () => ({ headers: said, body: fromUtf8('{}') }) })
  call.head(200, JSON_HEADERS).data(ANSWER).end()
  assert.deepEqual(outlet.head?.headers, ['x-kept', '2', 'content-length', '2'])
})

test('nothing of an answer leaves before it is changed, however large it is', () => {
  const { call, outlet } = begin({ adapter: passAdapter() })
  call.head(200, JSON_HEADERS).data(`"${'x'.repeat(200_000)}`)
  assert.equal(outlet.isOpen, false)
  call.data('"').end()
  assert.equal(outlet.text.length, 200_014)
})

test('a stream is never changed, and what is collected of one is', async () => {
  for (const setup of [{ wants: 'stream' }, { wants: 'whole', adapter: passAdapter() }] as const) {
    const { call, outlet, report } = begin(setup)
    call.head(200, ['content-type', 'text/event-stream']).data(STREAM).end()
    assert.equal(outlet.text, STREAM)
    assert.equal((await report).outcome, 'completed')
  }
  const { call, outlet } = begin()
  call.head(200, ['content-type', 'text/event-stream']).data(STREAM).end()
  assert.equal(JSON.parse(outlet.text).wrapped.choices[0].message.content, 'Hi')
  assert.deepEqual(outlet.head?.headers, [
    ...['content-type', 'application/json', 'x-wrapped', 'yes', 'content-length', String(outlet.text.length)],
  ])
})

test('a whole answer to a stream request is changed where it passes, not where it becomes a stream', () => {
  const passed = begin({ wants: 'stream', adapter: passAdapter() })
  passed.call.head(200, JSON_HEADERS).data(ANSWER).end()
  assert.equal(passed.outlet.text, `{"wrapped":${ANSWER}}`)

  const expanded = begin({ wants: 'stream' })
  expanded.call.head(200, JSON_HEADERS).data(ANSWER).end()
  assert.match(expanded.outlet.text, /^data: .*"Hi".*data: \[DONE\]\n\n$/s)
})

test('an error answer is not changed, whatever its status says', async () => {
  const error = '{"error":{"message":"Slow down","type":"rate_limit_error"}}'
  for (const status of [429, 200]) {
    const { call, outlet, report } = begin()
    call.head(status, JSON_HEADERS).data(error).end()
    assert.equal(outlet.head?.status, 429)
    assert.equal(JSON.parse(outlet.text).error.message, 'Slow down')
    assert.equal((await report).error?.code, 'rate-limited')
  }
})

test('a transformer that throws fails the exchange with its words', async () => {
  const transform = () => {
    throw new TypeError('no such member')
  }
  const { call, outlet, report } = begin({ transform })
  call.head(200, JSON_HEADERS).data(ANSWER).end()
  assert.equal(outlet.head?.status, 500)
  assert.equal(JSON.parse(outlet.text).error.message, 'Cannot change the answer: no such member')
  assert.equal((await report).outcome, 'failed')
})

test('an answer that breaks off is not changed', async () => {
  const asked: unknown[] = []
  const transform: AnswerTransformer = answer => {
    asked.push(answer)
    return answer
  }
  const reset = begin({ transform })
  reset.call.head(200, JSON_HEADERS).data(ANSWER.slice(0, 50)).error(failure('upstream', 'Upstream closed'))
  const half = begin({ transform })
  half.call.head(200, JSON_HEADERS).data(ANSWER.slice(0, 50)).end()
  assert.deepEqual([reset.outlet.head?.status, half.outlet.head?.status], [502, 502])
  assert.deepEqual([(await reset.report).outcome, (await half.report).outcome], ['failed', 'truncated'])
  assert.deepEqual(asked, [])
})

test('an answer of more than 64 MiB is given up at once', async () => {
  const { call, outlet, report } = begin({ adapter: passAdapter() })
  const half = new Uint8Array(32 * 1024 * 1024).fill(0x20)
  call.head(200, JSON_HEADERS).data(half).data(half)
  assert.equal(outlet.isOpen, false)
  call.data(' ')
  assert.equal(outlet.head?.status, 502)
  assert.equal(call.isAborted, true)
  assert.match((await report).error?.message ?? '', /larger than 67108864 bytes/)
})
