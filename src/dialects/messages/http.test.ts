import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, toUtf8 } from '../../bytes.ts'
import { http } from './http.ts'

test('a message generates or is counted, the other paths of the API are relayed', () => {
  assert.deepEqual(http.match('POST', '/messages'), { operation: 'generate', path: '/messages' })
  const count = '/messages/count_tokens'
  assert.deepEqual(http.match('POST', count), { operation: 'count', path: count })
  assert.deepEqual(http.match('GET', '/models'), { operation: 'models', path: '/models' })
  for (const path of ['/messages/batches', '/messages/batches/b/results', '/models/claude', '/files', '/skills'])
    assert.deepEqual(http.match('POST', path), { operation: 'other', path })
  assert.equal(http.match('GET', '/messages'), undefined)
  assert.equal(http.match('POST', '/chat/completions'), undefined)
})

test('the model is replaced in every path that names one', () => {
  for (const path of ['/messages', '/messages/count_tokens']) {
    const match = http.match('POST', path)
    assert.ok(match)
    const body = fromUtf8('{"max_tokens":1,"model":"fast"}')
    const { model, stream } = http.peek(match, body)
    assert.deepEqual({ model, stream }, { model: 'fast', stream: false })
    const target = http.target(match, body, { model: 'claude', askUsage: true })
    assert.equal(target.path, path)
    assert.equal(toUtf8(target.body), '{"max_tokens":1,"model":"claude"}')
    assert.deepEqual(target.edits, ['model'])
  }
})

test('a key of ours goes up under its own name', () => {
  assert.deepEqual(http.authorize('sk-ant-1'), ['x-api-key', 'sk-ant-1'])
})

test('with another version of the API a key goes up as a bearer', () => {
  const beside = (version: string) => ['user-agent', 'mill/1', 'Anthropic-Version', version]
  assert.deepEqual(http.authorize('k', beside('2023-06-01')), ['x-api-key', 'k'])
  assert.deepEqual(http.authorize('k', beside('2026-10-21')), ['authorization', 'Bearer k'])
})
