import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELTA, defer, relay, STREAM } from '../../test/deferred.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { DIALECTS } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'
import { passAdapter, relayAdapter } from '../exchange/index.ts'
import { type IStreamingMetricsCollector, RequestContext } from '../observe/index.ts'
import type { HandlerConfig } from './handler-config.ts'

/** Answers with a stream, sent in pieces that end at these bytes. */
async function streamed(handlerConfig: HandlerConfig, { text = STREAM, ends = [] as readonly number[] } = {}) {
  const requestContext = new RequestContext()
  const { client, call, deferred } = defer({ handlerConfig, requestContext })
  const sent = deferred.toResponse()
  const bytes = fromUtf8(text)
  call().head(200)
  for (const [at, end] of [...ends, bytes.length].entries()) call().data(bytes.subarray(ends[at - 1] ?? 0, end))
  call().end()
  const response = await sent
  const body = await response.text()
  return { request: client.requests[0]!, requestContext, response, body, report: await deferred.report }
}

test('without adapters and dialects the relay is unmetered', async () => {
  const { body, report } = await streamed({}, { text: 'no event at all' })
  assert.equal(body, 'no event at all')
  assert.deepEqual([report.outcome, report.usage.provenance, report.events], ['completed', 'none', 0])
})

test('two dialects that are one choose its meter', async () => {
  const { report } = await streamed({ formatContext: relay('chat') })
  assert.deepEqual([report.usage.input, report.usage.output, report.finish?.raw], [7, 3, 'stop'])
})

test('two dialects are converted, unless an adapter was given', async () => {
  const formatContext = { source: 'messages', target: 'chat' } as const
  const body = '{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}'
  const { client, deferred, call } = defer({ handlerConfig: { formatContext }, body })
  const sent = deferred.toResponse()
  call().head(200).data(STREAM).end()
  assert.deepEqual(JSON.parse(toUtf8(client.requests[0]?.body as Uint8Array)).messages, [
    { role: 'user', content: 'Hi' },
  ])
  assert.match(await (await sent).text(), /^event: message_start\n.*das Mehl 🌾.*event: message_stop\n[^\n]*\n\n$/s)
  const { lane, shape, outcome } = await deferred.report
  assert.deepEqual([lane, shape, outcome], ['convert', 'stream', 'completed'])

  const unreadable = defer({ handlerConfig: { formatContext }, body: '{"messages":7}' })
  await assert.rejects(unreadable.deferred.toResponse(), MillraceError)
  const given = await streamed({ formatContext, responseAdapter: passAdapter() })
  assert.equal(given.body, STREAM)
})

test('an adapter of null relays and meters what the upstream speaks', async () => {
  const formatContext = { source: 'messages', target: 'chat' } as const
  const { body, report } = await streamed({ formatContext, responseAdapter: null })
  assert.equal(body, STREAM)
  assert.deepEqual([report.outcome, report.usage.output], ['completed', 3])
})

test('an adapter goes before what the dialects would choose', async () => {
  const { report } = await streamed({ formatContext: relay('chat'), responseAdapter: passAdapter() })
  assert.equal(report.usage.provenance, 'none')
})

test('requestTransformer changes headers and body, and requestAdapter what comes of it', async () => {
  const { request } = await streamed({
    requestTransformer: ({ headers, body }) => ({
      headers: [...headers, 'x-team', 'blue'],
      body: fromUtf8(toUtf8(body).replace('"m"', '"m-2"')),
    }),
    requestAdapter: { ...relayAdapter(DIALECTS.chat), request: body => ({ body: fromUtf8(`[${toUtf8(body)}]`) }) },
  })
  assert.deepEqual(request.headers, [
    ...['Content-Type', 'application/json', 'x-team', 'blue', 'accept-encoding', 'identity'],
  ])
  assert.equal(toUtf8(request.body!), '[{"model":"m-2","stream":true}]')
})

test('the upstream is asked for identity, whatever the headers say', async () => {
  const { client, deferred } = defer({ headers: { 'Accept-Encoding': 'gzip, br', accept: 'text/event-stream' } })
  deferred.toResponse()
  assert.deepEqual(client.requests[0]?.headers, ['accept', 'text/event-stream', 'accept-encoding', 'identity'])
})

test('a request without a body has none, unless one is made', async () => {
  const plain = defer({ body: undefined, method: 'GET' })
  plain.deferred.toResponse()
  assert.equal(plain.client.requests[0]?.body, undefined)

  const requestTransformer: HandlerConfig['requestTransformer'] = ({ headers }) => ({ headers, body: fromUtf8('{}') })
  const made = defer({ body: undefined, handlerConfig: { requestTransformer } })
  made.deferred.toResponse()
  assert.equal(toUtf8(made.client.requests[0]!.body!), '{}')
})

test('responseTransformer changes a whole answer and leaves a stream alone', async () => {
  const handlerConfig: HandlerConfig = {
    formatContext: relay('chat'),
    responseTransformer: ({ headers, body }) => ({
      headers: [...headers, 'x-changed', 'yes'],
      body: fromUtf8(toUtf8(body).replace('m-1', 'm')),
    }),
  }
  const { call, deferred } = defer({ handlerConfig, exchange: { wants: 'whole' } })
  const sent = deferred.toResponse()
  const answer = '{"model":"m-1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}'
  call()
    .head(200, ['content-type', 'application/json', 'content-length', `${answer.length}`])
    .data(answer)
    .end()
  const response = await sent
  assert.deepEqual(
    [...response.headers],
    [
      ['content-length', `${answer.length - 2}`],
      ['content-type', 'application/json'],
      ['x-changed', 'yes'],
    ],
  )
  assert.equal(await response.text(), answer.replace('m-1', 'm'))
  assert.equal((await deferred.report).model.reported, 'm-1')

  const { body } = await streamed(handlerConfig)
  assert.equal(body, STREAM)
})

/** Notes what it is fed. */
class Counting implements IStreamingMetricsCollector {
  raw: string[] = []
  converted: string[] = []

  processChunk(): boolean {
    throw new Error('The two others say where a chunk is from')
  }

  processRawChunk(chunk: string): boolean {
    this.raw.push(chunk)
    return false
  }

  processConvertedChunk(chunk: string): boolean {
    this.converted.push(chunk)
    return false
  }

  getMetrics() {
    const { length } = this.raw.join('')
    return { tokensInput: length, tokensOutput: null, cacheReadTokens: null, cacheWriteTokens: null, costUsd: 0.5 }
  }
}

test('a collector is fed the text of both sides, whole characters, and says what the context knows', async () => {
  const collectors: Counting[] = []
  const metricsCollector = () => collectors[collectors.push(new Counting()) - 1] as Counting
  // The cut goes through the ear of grain.
  const cut = fromUtf8(DELTA.slice(0, DELTA.indexOf('🌾'))).length + 2
  const { requestContext } = await streamed({ formatContext: relay('chat'), metricsCollector }, { ends: [cut] })
  const [collector] = collectors as [Counting]
  assert.deepEqual(collector.raw, [DELTA.slice(0, DELTA.indexOf('🌾')), STREAM.slice(DELTA.indexOf('🌾'))])
  assert.equal(collector.converted.join(''), STREAM)
  assert.deepEqual([requestContext.metrics.tokensInput, requestContext.metrics.costUsd], [STREAM.length, 0.5])

  await streamed({ formatContext: relay('chat'), metricsCollector })
  assert.equal(collectors.length, 2)
})

test('without a collector the context knows what the meter read', async () => {
  const { requestContext } = await streamed({ formatContext: relay('chat') })
  const { firstByteMs, firstTokenMs, totalMs, ...counts } = requestContext.metrics
  assert.deepEqual(counts, {
    streamChunks: 4,
    streamBytes: fromUtf8(STREAM).length,
    tokensInput: 7,
    tokensOutput: 3,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    cacheWrite1hTokens: null,
    reasoningTokens: null,
    costUsd: null,
    provenance: 'reported',
    priceSource: null,
  })
  for (const ms of [firstByteMs, firstTokenMs, totalMs]) assert.equal(typeof ms, 'number')
  assert.deepEqual(requestContext.metadata.get('responseHead'), {
    status: 200,
    headers: ['content-type', 'text/event-stream'],
  })
})

test('a handler that supports no streams collects what its upstream streams', async () => {
  const { response, body, report } = await streamed({ formatContext: relay('chat'), supportsStreaming: false })
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.equal(JSON.parse(body).choices[0].message.content, 'das Mehl 🌾')
  assert.deepEqual([report.shape, report.outcome], ['collect', 'completed'])
})

test('a parser of ones own makes the answer of a stream that is collected, and of no other', async () => {
  const sseParser = (text: string) => ({ events: text.split('\n\n').length - 1 })
  const config = { formatContext: relay('chat'), sseParser }
  const collected = await streamed({ ...config, supportsStreaming: false })
  assert.equal(collected.body, '{"events":4}')
  assert.equal(collected.report.usage.output, 3)
  assert.equal((await streamed(config)).body, STREAM)
})
