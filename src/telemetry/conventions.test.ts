import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kindOfCall, operationOf, providerOf } from './conventions.ts'

const PROVIDERS = [
  ['api.openai.com', 'chat', 'openai'],
  ['house.openai.azure.com', 'chat', 'azure.ai.openai'],
  ['api.anthropic.com', 'messages', 'anthropic'],
  ['api.deepseek.com', 'messages', 'deepseek'],
  ['generativelanguage.googleapis.com', 'gemini', 'gcp.gemini'],
  ['europe-west1-aiplatform.googleapis.com', 'gemini', 'gcp.vertex_ai'],
  ['bedrock-runtime.eu-west-1.amazonaws.com', 'messages', 'aws.bedrock'],
  ['api.x.ai', 'chat', 'x_ai'],
  ['api.groq.com', 'chat', 'groq'],
  ['127.0.0.1', 'chat', 'openai'],
  ['notopenai.com', 'messages', 'anthropic'],
  ['vertex.example', 'gemini', 'gcp.gen_ai'],
  ['somewhere.example', 'any', 'other'],
] as const

for (const [address, dialect, provider] of PROVIDERS)
  test(`${address}, asked in ${dialect}, is ${provider}`, () => assert.equal(providerOf(address, dialect), provider))

test('operations have the words of the conventions', () => {
  assert.equal(operationOf('inference', 'gemini'), 'generate_content')
  assert.equal(operationOf('inference', 'responses'), 'chat')
  assert.equal(operationOf('embeddings', 'chat'), 'embeddings')
  assert.equal(operationOf('completion', 'chat'), 'text_completion')
})

test('calls that are no dialect’s own are known by their paths', () => {
  assert.equal(kindOfCall('/v1/embeddings'), 'embeddings')
  assert.equal(kindOfCall('/v1beta/models/e:batchEmbedContents'), 'embeddings')
  assert.equal(kindOfCall('/v1/completions'), 'completion')
  assert.equal(kindOfCall('/v1/files'), 'other')
  assert.equal(kindOfCall('/openai/v1/chat/completions'), 'inference')
  assert.equal(kindOfCall('/v1beta/models/g:streamGenerateContent'), 'inference')
  assert.equal(kindOfCall('/v1/messages/count_tokens'), 'count')
})
