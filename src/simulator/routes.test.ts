import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeOf } from './routes.ts'

const ROUTES = [
  ['POST', '/v1/chat/completions', 'chat', 'generate'],
  ['POST', '/v1/responses', 'responses', 'generate'],
  ['POST', '/v1/messages?beta=true', 'messages', 'generate'],
  ['POST', '/v1/messages/count_tokens', 'messages', 'count'],
  ['POST', '/v1/embeddings', 'chat', 'embed'],
  ['GET', '/v1beta/models', 'gemini', 'models'],
  ['GET', '/v1/models?key=k', 'gemini', 'models'],
  ['GET', '/v1/models', 'chat', 'models'],
  ['POST', '/v1beta/models/sim/story:countTokens', 'gemini', 'count'],
  ['GET', '/v1/chat/completions', 'chat', 'unknown'],
  ['GET', '/v1/responses/resp_1', 'responses', 'unknown'],
  ['POST', '/v1beta/files', 'gemini', 'unknown'],
  ['GET', '/', 'chat', 'unknown'],
] as const

for (const [method, target, dialect, operation] of ROUTES) {
  test(`${method} ${target} is ${operation} in ${dialect}`, () => {
    const route = routeOf(method, target, {})
    assert.deepEqual([route.dialect, route.operation], [dialect, operation])
  })
}

test('headers tell whose list of models is wanted', () => {
  assert.equal(routeOf('GET', '/v1/models', { 'anthropic-version': '2023-06-01' }).dialect, 'messages')
  assert.equal(routeOf('GET', '/v1/models', { 'x-goog-api-key': 'k' }).dialect, 'gemini')
})

const GEMINI = [
  ['/v1beta/models/gemini-pro:generateContent', 'gemini-pro', false, true],
  ['/v1beta/models/sim/story:streamGenerateContent?alt=sse', 'sim/story', true, false],
  ['/v1/models/sim%2Fstory:streamGenerateContent', 'sim/story', true, true],
  ['/v1/models/sim%2Fstory%3Fcut%3D1:streamGenerateContent?key=k&alt=sse', 'sim/story?cut=1', true, false],
  ['/v1/models/50%:generateContent', '50%', false, true],
] as const

for (const [target, model, stream, isArray] of GEMINI) {
  test(`${target} names the model "${model}"`, () => {
    const route = routeOf('POST', target, {})
    assert.deepEqual(route, { operation: 'generate', dialect: 'gemini', said: { model, stream }, isArray })
  })
}
