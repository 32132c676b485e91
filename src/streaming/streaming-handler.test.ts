import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8 } from '../bytes.ts'
import { StreamingHandler } from './streaming-handler.ts'

const handler = new StreamingHandler()

const ACCEPTS = [
  ['text/event-stream', true],
  ['TEXT/Event-Stream', true],
  ['application/json, text/event-stream', true],
  ['application/json,text/event-stream;charset=utf-8;q=0.1', true],
  ['text/event-stream ; q = 1', true],
  ['text/event-stream;q=0.001', true],
  ['text/event-stream;q=0', false],
  ['text/event-stream;q=0.000', false],
  ['text/event-stream; Q=0', false],
  ['text/event-streams', false],
  ['x-text/event-stream', false],
  ['application/json', false],
  ['text/*', false],
  ['*/*', false],
  ['', false],
] as const

for (const [accept, wanted] of ACCEPTS)
  test(`a client that accepts ${JSON.stringify(accept)} ${wanted ? 'wants' : 'does not want'} a stream`, () => {
    assert.equal(handler.shouldStreamResponse({ ACCEPT: accept }), wanted)
    assert.equal(handler.shouldStreamResponse(['accept', 'application/json', 'Accept', accept]), wanted)
    assert.equal(handler.shouldStreamResponse(new Headers({ accept })), wanted)
  })

test("a request's own content type may ask for a stream", () => {
  assert.equal(handler.shouldStreamResponse({ 'content-type': 'text/event-stream; charset=utf-8' }), true)
  assert.equal(handler.shouldStreamResponse({ 'content-type': 'application/json' }), false)
  assert.equal(handler.shouldStreamResponse({}), false)
})

const BODIES = [
  ['{"stream":true}', true],
  [' {"model":"m", "stream" : true }\n', true],
  ['{"stre\\u0061m":true}', true],
  ['{"stream":false,"stream":true}', true],
  ['{"stream":true,"stream":false}', false],
  ['{"stream":false}', false],
  ['{"stream":"true"}', false],
  ['{"stream":"yes"}', false],
  ['{"stream":1}', false],
  ['{"stream":null}', false],
  ['{"stream":[true]}', false],
  ['{"metadata":{"stream":true}}', false],
  ['{"messages":[{"content":"\\"stream\\":true"}]}', false],
  ['[{"stream":true}]', false],
  ['true', false],
  ['{"stream":true', false],
  ['{"stream":true}{}', false],
  ['', false],
] as const

for (const [body, wanted] of BODIES)
  test(`the body ${body === '' ? 'of no bytes' : body.trim()} ${wanted ? 'asks' : 'does not ask'} for a stream`, () => {
    assert.equal(handler.shouldStream(fromUtf8(body)), wanted)
  })

const URLS = [
  ['/v1beta/models/gemini-3:streamGenerateContent?alt=sse', true],
  ['http://up.test/v1beta/models/gemini-3:streamGenerateContent#x', true],
  ['/v1beta/models/gemini-3:generateContent', false],
  ['/v1beta/models/gemini-3:generateContent?then=:streamGenerateContent', false],
] as const

for (const [url, wanted] of URLS)
  test(`the path of ${url} decides and not the body`, () => {
    assert.equal(handler.shouldStream(fromUtf8(`{"stream":${!wanted}}`), {}, url), wanted)
    assert.equal(handler.shouldStream(fromUtf8(''), {}, new URL(url, 'http://up.test')), wanted)
  })

test('a path without a method of Gemini leaves it to the body', () => {
  assert.equal(handler.shouldStream(fromUtf8('{"stream":true}'), {}, '/v1/chat/completions'), true)
  assert.equal(handler.shouldStream(fromUtf8('{"stream":true}'), {}, '/v1beta/models/m:countTokens'), true)
})

test('nothing streams where streaming is not supported', () => {
  const handlerConfig = { supportsStreaming: false }
  assert.equal(handler.shouldStream(fromUtf8('{"stream":true}'), handlerConfig), false)
  assert.equal(handler.shouldStream(fromUtf8('{}'), handlerConfig, '/models/m:streamGenerateContent'), false)
})

test('whatever the bytes of a body are, asking throws nothing', () => {
  fc.assert(fc.property(fc.uint8Array(), body => typeof handler.shouldStream(body) === 'boolean'))
})
