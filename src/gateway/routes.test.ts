import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawHeaders } from '../http/index.ts'
import { route, splitTarget } from './routes.ts'

const ANTHROPIC = ['anthropic-version', '2023-06-01']
const GOOGLE = ['X-Goog-Api-Key', 'k']

/** Where a request goes, in words: `chat generate /chat/completions`, `not-found messages`, `health`. */
function routed(line: string, headers: RawHeaders = []): string {
  const [method, target] = line.split(' ') as [string, string]
  const found = route(method, splitTarget(target), headers)
  if (found.kind === 'stream' || found.kind === 'capture') return `${found.kind} ${found.id}`
  if (found.kind !== 'dialect') return 'dialect' in found ? `${found.kind} ${found.dialect.name}` : found.kind
  const { operation, path, model, stream } = found.match
  const words = [found.dialect.name, operation, path, ...(model === undefined ? [] : [model, stream])]
  return words.join(' ').trimEnd()
}

/** Where a dialect's requests come, whatever base URL its SDKs were given. */
const GENERATE = {
  'chat generate /chat/completions': ['', '/v1', '/openai', '/openai/v1'].map(base => `${base}/chat/completions`),
  'responses generate /responses': ['', '/v1', '/openai', '/openai/v1'].map(base => `${base}/responses`),
  'messages generate /messages': ['', '/v1', '/anthropic', '/anthropic/v1'].map(base => `${base}/messages`),
  'gemini generate /models/g-3:generateContent g-3 false': [
    ...['', '/v1', '/v1beta', '/v1alpha'].flatMap(version => [
      `${version}/models/g-3:generateContent`,
      `/gemini${version}/models/g-3:generateContent`,
    ]),
  ],
}

for (const [expected, paths] of Object.entries(GENERATE))
  for (const path of paths)
    test(`POST ${path} is ${expected}, whoever asks`, () => {
      for (const headers of [[], ANTHROPIC, GOOGLE, ['authorization', 'Bearer k']])
        assert.equal(routed(`POST ${path}`, headers), expected)
      assert.equal(routed(`POST ${path}?key=k`), expected)
    })

const CASES: readonly (readonly [line: string, expected: string, headers?: RawHeaders])[] = [
  // Streams of Gemini, and its models' names.
  ['POST /v1/models/m:streamGenerateContent?alt=sse', 'gemini generate /models/m:streamGenerateContent m true'],
  [
    'POST /v1beta/models/m:streamGenerateContent?alt=sse&key=k',
    'gemini generate /models/m:streamGenerateContent m true',
  ],
  ['POST /v1beta/models/m:streamGenerateContent', 'gemini generate /models/m:streamGenerateContent m false'],
  [
    'POST /v1beta/models/sim/story:generateContent',
    'gemini generate /models/sim/story:generateContent sim/story false',
  ],
  [
    'POST /v1beta/models/sim%2Fstory:generateContent',
    'gemini generate /models/sim%2Fstory:generateContent sim/story false',
  ],
  ['POST /v1beta/models/qwen3:8b:generateContent', 'gemini generate /models/qwen3:8b:generateContent qwen3:8b false'],
  ['POST /v1beta/models/%zz:generateContent', 'gemini generate /models/%zz:generateContent %zz false'],
  ['POST /v1beta/tunedModels/t:generateContent', 'gemini generate /tunedModels/t:generateContent tunedModels/t false'],
  ['POST /v1/models/m:countTokens', 'gemini count /models/m:countTokens m'],
  ['POST /v1beta/models/m:embedContent', 'gemini other /models/m:embedContent m'],

  // The other paths of an API.
  ['POST /v1/messages/count_tokens?beta=true', 'messages count /messages/count_tokens'],
  ['POST /v1/messages/batches', 'messages other /messages/batches'],
  ['POST /v1/embeddings', 'chat other /embeddings'],
  ['POST /v1/audio/speech', 'chat other /audio/speech'],
  ['GET /v1/chat/completions', 'chat other /chat/completions'],
  ['DELETE /v1/models/ft:gpt-4o:acme::1', 'chat other /models/ft:gpt-4o:acme::1'],
  ['GET /v1/responses/resp_1', 'responses other /responses/resp_1'],
  ['POST /v1/responses/resp_1/cancel', 'responses other /responses/resp_1/cancel'],
  ['POST /v1/conversations', 'responses other /conversations'],
  ['POST /v1beta/cachedContents', 'gemini other /cachedContents'],
  ['GET /v1beta/models/m', 'gemini other /models/m'],

  // Paths that several have: the client tells.
  ['GET /v1/files', 'chat other /files'],
  ['GET /v1/files', 'messages other /files', ANTHROPIC],
  ['GET /v1/files', 'gemini other /files', GOOGLE],
  ['GET /v1/files?a=1&key=k', 'gemini other /files'],
  ['GET /v1/files?monkey=k', 'chat other /files'],
  ['GET /anthropic/v1/files', 'messages other /files'],
  ['GET /v1/models/m', 'messages other /models/m', ANTHROPIC],

  // Lists of models.
  ['GET /v1/models', 'chat models /models'],
  ['GET /models', 'chat models /models'],
  ['GET /v1/models', 'messages models /models', ANTHROPIC],
  ['GET /v1/models', 'gemini models /models', GOOGLE],
  ['GET /v1/models', 'gemini models /models', [...ANTHROPIC, ...GOOGLE]],
  ['GET /v1/models?key=k', 'gemini models /models'],
  ['GET /v1beta/models', 'gemini models /models', ANTHROPIC],
  ['GET /openai/v1/models', 'chat models /models', ANTHROPIC],
  ['GET /anthropic/v1/models', 'messages models /models'],
  ['GET /gemini/v1/models', 'gemini models /models'],

  // Our own.
  ['GET /health', 'health'],
  ['HEAD /ready', 'ready'],
  ['GET /api/streams?limit=4', 'streams'],
  ['GET /api/streams/an-id', 'stream an-id'],
  ['GET /api/streams/an-id/capture', 'capture an-id'],
  ['DELETE /api/streams/an-id/capture', 'capture an-id'],
  ['POST /api/streams/an-id/capture', 'wrong-method chat'],
  ['POST /health', 'wrong-method chat'],
  ['DELETE /api/streams', 'wrong-method chat'],
  ['DELETE /api/streams/an-id', 'wrong-method chat'],

  // A path with another method, in the form of who has it.
  ['GET /v1/messages', 'wrong-method messages'],
  ['OPTIONS /v1/responses', 'wrong-method responses'],
  ['GET /v1beta/models/m:generateContent', 'wrong-method gemini'],

  // No such path, in the form of who may have asked.
  ['GET /', 'page'],
  ['GET /api/live', 'page'],
  ['PUT /', 'wrong-method chat'],
  ['GET /index.html', 'not-found chat'],
  ['POST /v1', 'not-found chat'],
  ['POST /v2/chat/completions', 'not-found chat'],
  ['POST /v1/v1/chat/completions', 'not-found chat'],
  ['POST /V1/chat/completions', 'not-found chat'],
  ['POST /health/', 'not-found chat'],
  ['POST /openai', 'not-found chat'],
  ['POST /openai/v1/messages', 'not-found chat'],
  ['POST /openaiv1/chat/completions', 'not-found chat'],
  ['POST /anthropic/v1/chat/completions', 'not-found messages'],
  ['POST /anthropic/v1beta/messages', 'not-found messages'],
  ['POST /v1beta/chat/completions', 'not-found gemini'],
  ['POST /gemini/v1/chat/completions', 'not-found gemini'],
  ['POST /v1/nothing', 'not-found messages', ANTHROPIC],
  ['POST /v1/nothing?key=k', 'not-found gemini'],
]

for (const [line, expected, headers = []] of CASES)
  test(`${line}${headers.length > 0 ? ` with ${headers.filter((_, at) => at % 2 === 0)}` : ''} is ${expected}`, () => {
    assert.equal(routed(line, headers), expected)
  })
