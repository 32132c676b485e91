import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DONE, FINISH, STREAM, USAGE } from '../../test/deferred.ts'
import { type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { StreamingError } from '../errors.ts'
import { HttpPoolManager } from '../http/index.ts'
import { HookManager, RequestContext } from '../observe/index.ts'
import { type BufferedRequest, StreamingBufferService, type StreamingBufferServiceOptions } from './buffer-service.ts'

const BODY = '{"model":"m","messages":[{"role":"user","content":"Hi"}]}'

function begin(asked: Partial<BufferedRequest> = {}, options: StreamingBufferServiceOptions = {}) {
  const client = new ScriptedClient()
  const service = new StreamingBufferService({ httpClient: client, ...options })
  const answer = service.handleBufferedStreamingRequest({
    method: 'POST',
    url: 'http://up.test/v1/chat/completions',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: BODY,
    ...asked,
  })
  answer.catch(() => {})
  return { client, answer, call: () => client.calls[0] as ScriptedCall }
}

async function failureOf(answer: Promise<Response>) {
  const error = await answer.then(
    () => assert.fail('An answer came'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof StreamingError, String(error))
  return [error.code, error.status]
}

test('a stream is asked for, and answered as one body as soon as it is over', async () => {
  const { client, answer, call } = begin()
  const { headers = [], body } = client.requests[0] ?? {}
  assert.deepEqual(JSON.parse(toUtf8(body as Uint8Array)), {
    ...JSON.parse(BODY),
    ...{ stream: true, stream_options: { include_usage: true } },
  })
  assert.deepEqual(headers.slice(-4), ['accept', 'text/event-stream', 'accept-encoding', 'identity'])
  call().head(200, ['content-type', 'text/event-stream', 'x-request-id', 'r-1']).data(STREAM)
  const response = await answer
  assert.deepEqual([call().isAborted, response.status, response.headers.get('x-request-id')], [false, 200, 'r-1'])
  const text = await response.text()
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.equal(response.headers.get('content-length'), String(fromUtf8(text).length))
  const { choices, usage } = JSON.parse(text)
  assert.deepEqual(
    [choices[0].message.content, choices[0].finish_reason, usage.prompt_tokens, usage.completion_tokens],
    ['das Mehl 🌾', 'stop', 7, 3],
  )
  call().end()
})

test('another dialect is converted both ways', async () => {
  const formatContext = { source: 'messages', target: 'chat' } as const
  const body = '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}'
  const { client, answer, call } = begin({ handlerConfig: { formatContext }, body })
  assert.equal(JSON.parse(toUtf8(client.requests[0]?.body as Uint8Array)).stream, true)
  call().head(200).data(STREAM).end()
  const { type, content, stop_reason } = JSON.parse(await (await answer).text())
  assert.deepEqual([type, content[0].text, stop_reason], ['message', 'das Mehl 🌾', 'end_turn'])
})

test('a parser of one own makes the answer', async () => {
  const { answer, call } = begin({ handlerConfig: { sseParser: text => ({ events: text.split('\n\n').length }) } })
  call().head(200).data(STREAM.slice(0, 40)).data(STREAM.slice(40)).end()
  assert.equal(await (await answer).text(), '{"events":5}')
  const throws = begin({ handlerConfig: { sseParser: () => assert.fail('No') } })
  throws.call().head(200).data(STREAM).end()
  assert.deepEqual(await failureOf(throws.answer), ['upstream', 502])
})

test('an error status of the upstream is the answer', async () => {
  const { answer, call } = begin()
  call().head(429, ['retry-after', '7']).data('{"error":{"message":"Slow down","type":"requests"}}').end()
  const response = await answer
  assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
  assert.match(await response.text(), /Slow down/)
})

test('a stream that fails, breaks off, or never comes is a StreamingError', async () => {
  const failed = begin()
  failed.call().head(200).data('data: {"error":{"message":"Busy","code":"server_is_overloaded"}}\n\n')
  assert.deepEqual(await failureOf(failed.answer), ['overloaded', 529])
  const torn = begin()
  torn
    .call()
    .head(200)
    .data(STREAM.slice(0, STREAM.indexOf(FINISH)))
    .end()
  assert.deepEqual(await failureOf(torn.answer), ['truncated', 502])
  const dead = begin()
  dead.call().error({ code: 'upstream', status: 502, message: 'Refused' })
  assert.deepEqual(await failureOf(dead.answer), ['upstream', 502])
  const large = begin({ limits: { holdBytes: 10, eventBytes: 1000, messageBytes: 10 } })
  large.call().head(200).data(STREAM)
  assert.deepEqual(await failureOf(large.answer), ['upstream', 502])
})

test('words that look like an end do not end it', async () => {
  const { answer, call } = begin()
  call().head(200).data('data: {"choices":[{"index":0,"delta":{"content":"data: [DONE] \\"usage\\""}}]}\n\n')
  call()
    .data(FINISH + USAGE + DONE)
    .end()
  assert.match(JSON.parse(await (await answer).text()).choices[0].message.content, /\[DONE\]/)
})

test('a body that cannot be turned is a 400', async () => {
  for (const body of ['not json', '[]', '{"stream":"yes"}'])
    assert.deepEqual(await failureOf(begin({ body }).answer), ['bad-request', 400], body)
  assert.deepEqual(await failureOf(begin({ url: 'http://up.test/other' }).answer), ['bad-request', 400])
})

test('every dialect is turned into its stream, and folded', async () => {
  const url = 'http://up.test/v1beta/models/m:streamGenerateContent'
  const chunk = { candidates: [{ content: { parts: [{ text: 'das ' }], role: 'model' }, index: 0 }] }
  const last = { candidates: [{ content: { parts: [{ text: 'Mehl' }] }, finishReason: 'STOP', index: 0 }] }
  for (const asked of [url, `${url}?alt=json`, `${url}?alt=sse`, url.replace('streamG', 'g')]) {
    const { client, answer, call } = begin({ url: asked, body: '{"contents":[]}' })
    assert.equal(client.requests[0]?.url.href, `${url}?alt=sse`)
    call()
      .head(200)
      .data([chunk, last].map(said => `data: ${JSON.stringify(said)}\r\n\r\n`).join(''))
    const { candidates } = JSON.parse(await (await answer).text())
    assert.deepEqual([candidates[0].content.parts[0].text, candidates[0].finishReason], ['das Mehl', 'STOP'])
  }
})

test('gemini is asked by its method and its query', () => {
  const { client } = begin({
    url: 'http://up.test/v1beta/models/a/b:generateContent?key=k',
    body: '{}',
    handlerConfig: { sseParser: text => text },
  })
  assert.equal(client.requests[0]?.url.href, 'http://up.test/v1beta/models/a/b:streamGenerateContent?key=k&alt=sse')
})

test('a signal is the client leaving', async () => {
  const controller = new AbortController()
  const { answer, call } = begin({ signal: controller.signal })
  call().head(200).data(STREAM.slice(0, 100))
  controller.abort(new Error('Enough'))
  await assert.rejects(answer, /Enough/)
  assert.equal(call().isAborted, true)
})

test('the client comes from the pool, and hooks are told that the answer is buffered', async () => {
  const pooled = new ScriptedClient()
  const hookManager = new HookManager()
  const told: unknown[] = []
  hookManager.register({
    name: 'notes',
    events: ['provider.stream.start', 'provider.stream.end'],
    handle: ({ event, data, provider }) =>
      void told.push([event, provider, (data as { bufferedMode?: boolean }).bufferedMode]),
  })
  const requestContext = new RequestContext()
  const { answer } = begin(
    { requestContext, providerName: 'mill' },
    { hookManager, httpPoolManager: new HttpPoolManager(() => pooled) },
  )
  pooled.calls[0]?.head(200).data(STREAM).end()
  await answer
  await hookManager.drain()
  assert.deepEqual(told, [
    ['provider.stream.start', 'mill', true],
    ['provider.stream.end', 'mill', true],
  ])
  assert.equal(requestContext.metadata.get('bufferedMode'), true)
})

test('a collector of ones own is fed the stream, and says what the context knows', async () => {
  const fed: string[] = []
  const metrics = { tokensInput: 1, tokensOutput: 2, cacheReadTokens: null, cacheWriteTokens: null, costUsd: 0.5 }
  const note = (text: string) => {
    fed.push(text)
    return false
  }
  const collector = {
    processChunk: note,
    processRawChunk: note,
    processConvertedChunk: () => false,
    getMetrics: () => metrics,
  }
  const requestContext = new RequestContext()
  const { answer, call } = begin({ handlerConfig: { metricsCollector: () => collector }, requestContext })
  call().head(200).data(STREAM).end()
  await answer
  assert.equal(fed.join(''), STREAM)
  assert.equal(requestContext.metrics.costUsd, 0.5)
})
