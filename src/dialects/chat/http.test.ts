import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, toUtf8 } from '../../bytes.ts'
import type { Match, RequestEdits } from '../dialect.ts'
import { http } from './http.ts'

const GENERATE: Match = { operation: 'generate', path: '/chat/completions' }

test('a completion generates, the list of models is one, the other paths of the API are relayed', () => {
  assert.deepEqual(http.match('POST', '/chat/completions'), GENERATE)
  assert.deepEqual(http.match('GET', '/models'), { operation: 'models', path: '/models' })
  for (const path of [
    '/chat/completions/chatcmpl-1',
    '/models/gpt-4o',
    '/completions',
    '/embeddings',
    '/images/generations',
    '/audio/speech',
    '/files',
    '/files/file-1/content',
    '/uploads/u/parts',
    '/batches',
    '/moderations',
    '/fine_tuning/jobs',
    '/vector_stores/v/files',
    '/assistants',
    '/threads/t/runs',
  ])
    assert.deepEqual(http.match('POST', path), { operation: 'other', path })
})

test('paths of other APIs, and unknown ones, are none of this', () => {
  for (const path of ['/messages', '/responses', '/chats', '/', '', '/models:x', '//chat/completions'])
    assert.equal(http.match('POST', path), undefined, path)
})

function target(body: string, edits: RequestEdits) {
  const { path, body: edited, edits: declared } = http.target(GENERATE, fromUtf8(body), edits)
  assert.equal(path, '/chat/completions')
  return { body: toUtf8(edited), edits: declared }
}

const ASKED = [
  ['{"stream":true}', '{"stream":true,"stream_options":{"include_usage":true}}'],
  ['{"stream":true,"stream_options":null}', '{"stream":true,"stream_options":{"include_usage":true}}'],
  ['{"stream_options":{},"n":1}', '{"stream_options":{"include_usage":true},"n":1}'],
  [
    '{"stream_options":{"include_obfuscation":false}}',
    '{"stream_options":{"include_obfuscation":false,"include_usage":true}}',
  ],
  ['{"stream_options":{"include_usage":null}}', '{"stream_options":{"include_usage":true}}'],
  [
    '{"messages":[{"stream_options":{}}]}',
    '{"messages":[{"stream_options":{}}],"stream_options":{"include_usage":true}}',
  ],
] as const

for (const [body, asking] of ASKED)
  test(`usage is asked for in ${body}`, () => {
    assert.deepEqual(target(body, { askUsage: true }), { body: asking, edits: ['usage-frame'] })
  })

for (const body of [
  '{"stream_options":{"include_usage":false}}',
  '{"stream_options":{"include_usage":true}}',
  '{"stream_options":"x"}',
  '{"stream_options":[]}',
  'not json',
])
  test(`usage is not asked for in ${body}: the client has spoken, or the upstream will`, () => {
    assert.deepEqual(target(body, { askUsage: true }), { body, edits: [] })
  })

test('model and usage are edited together, and declared', () => {
  assert.deepEqual(target('{"model":"fast","stream":true}', { model: 'qwen3:8b', askUsage: true }), {
    body: '{"model":"qwen3:8b","stream":true,"stream_options":{"include_usage":true}}',
    edits: ['model', 'usage-frame'],
  })
})

test('a stream is asked for in place of a whole answer, and the other way round', () => {
  assert.deepEqual(target('{"stream":false}', { stream: true, askUsage: true }), {
    body: '{"stream":true,"stream_options":{"include_usage":true}}',
    edits: ['stream', 'usage-frame'],
  })
  assert.deepEqual(target('{"stream":true, "stream_options":{"include_usage":true}, "n":1}', { stream: false }), {
    body: '{"stream":false, "n":1}',
    edits: ['stream'],
  })
})

test('without edits the very bytes go up', () => {
  const body = fromUtf8('{"model":"m"}')
  assert.equal(http.target(GENERATE, body, { model: 'm' }).body, body)
  assert.equal(http.target(GENERATE, body, {}).body, body)
})

test('a key of ours goes up as a bearer token', () => {
  assert.deepEqual(http.authorize('sk-1'), ['authorization', 'Bearer sk-1'])
})
