import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8 } from '../../bytes.ts'
import type { Match } from '../dialect.ts'
import { http } from './http.ts'

const BODY = fromUtf8('{"contents":[]}')

const CALLS = [
  ['/models/gemini-2.5-pro:streamGenerateContent', 'gemini-2.5-pro', true],
  ['/models/gemini-2.5-pro:generateContent', 'gemini-2.5-pro', false],
  ['/models/meta/llama:streamGenerateContent', 'meta/llama', true],
  ['/models/meta%2Fllama:generateContent', 'meta/llama', false],
  ['/models/qwen3:8b:generateContent', 'qwen3:8b', false],
  ['/models/100%:generateContent', '100%', false],
  ['/tunedModels/mill-1:generateContent', 'tunedModels/mill-1', false],
] as const

for (const [path, model, stream] of CALLS)
  test(`${path} asks ${model} for ${stream ? 'a stream' : 'a whole answer'}`, () => {
    const match = http.match('POST', path, '?alt=sse')
    assert.deepEqual(match, { operation: 'generate', path, model, stream })
    assert.deepEqual(http.peek(match, BODY), { model, stream })
    assert.equal(http.match('GET', path), undefined)
  })

test('without `alt=sse` a stream is an array of chunks: a whole body', () => {
  const path = '/models/g:streamGenerateContent'
  const stream = (query?: string) => http.match('POST', path, query)?.stream
  assert.equal(stream(''), false)
  assert.equal(stream('?key=1&alt=json'), false)
  assert.equal(stream('?key=1&alt=sse'), true)
  assert.equal(stream(), true)
})

test('other methods of a model are relayed with its name, the other paths of the API without', () => {
  const path = '/models/g:countTokens'
  assert.deepEqual(http.match('POST', path), { operation: 'count', path, model: 'g' })
  for (const method of ['embedContent', 'batchEmbedContents', 'predict'])
    assert.deepEqual(http.match('POST', `/models/g:${method}`), {
      operation: 'other',
      path: `/models/g:${method}`,
      model: 'g',
    })
  for (const path of [
    '/models/g',
    '/files',
    '/files/f',
    '/cachedContents',
    '/batches/b:cancel',
    '/operations/o',
    '/tunedModels',
  ])
    assert.deepEqual(http.match('GET', path), { operation: 'other', path })
  assert.deepEqual(http.match('GET', '/models'), { operation: 'models', path: '/models' })
  assert.equal(http.match('POST', '/chat/completions'), undefined)
})

const RENAMES = [
  ['/models/fast:streamGenerateContent', 'gemini-2.5-pro', '/models/gemini-2.5-pro:streamGenerateContent'],
  ['/models/a%2Fb:countTokens', 'c/d e', '/models/c/d%20e:countTokens'],
  ['/models/fast:generateContent', 'tunedModels/mill-1', '/tunedModels/mill-1:generateContent'],
  ['/tunedModels/mill-1:generateContent', 'fast', '/models/fast:generateContent'],
] as const

for (const [path, model, renamed] of RENAMES)
  test(`${path} for ${model} becomes ${renamed}`, () => {
    const match = http.match('POST', path)
    assert.ok(match)
    assert.deepEqual(http.target(match, BODY, { model }), { path: renamed, body: BODY, edits: ['model'] })
  })

test('without another model path and body go up as they came', () => {
  const path = '/models/a%2Fb:generateContent'
  const match = http.match('POST', path)
  assert.ok(match)
  for (const edits of [{}, { model: 'a/b' }, { askUsage: true }])
    assert.deepEqual(http.target(match, BODY, edits), { path, body: BODY, edits: [] })
})

test('a key of ours goes up under its own name', () => {
  assert.deepEqual(http.authorize('AIza1'), ['x-goog-api-key', 'AIza1'])
})

test('a stream is asked for in place of a whole answer by the method, and the other way round', () => {
  const whole = http.match('POST', '/models/a/b:generateContent') as Match
  assert.deepEqual(http.target(whole, fromUtf8('{}'), { stream: true }), {
    path: '/models/a/b:streamGenerateContent',
    query: 'alt=sse',
    body: fromUtf8('{}'),
    edits: ['stream'],
  })
  const stream = http.match('POST', '/models/m:streamGenerateContent', '?alt=sse') as Match
  assert.deepEqual(http.target(stream, fromUtf8('{}'), { stream: false, model: 'm-2' }), {
    path: '/models/m-2:generateContent',
    query: 'alt=json',
    body: fromUtf8('{}'),
    edits: ['model', 'stream'],
  })
})

test('an array is neither: it is turned to events by its query, to a whole answer by its method', () => {
  const array = http.match('POST', '/models/m:streamGenerateContent', '') as Match
  assert.deepEqual(http.target(array, BODY, {}), { path: array.path, body: BODY, edits: [] })
  for (const [stream, path, query] of [
    [true, '/models/m:streamGenerateContent', 'alt=sse'],
    [false, '/models/m:generateContent', 'alt=json'],
  ] as const)
    assert.deepEqual(http.target(array, BODY, { stream }), { path, query, body: BODY, edits: ['stream'] })
})
