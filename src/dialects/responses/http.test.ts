import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, toUtf8 } from '../../bytes.ts'
import { http } from './http.ts'

test('a response generates, the other paths around it are relayed', () => {
  assert.deepEqual(http.match('POST', '/responses'), { operation: 'generate', path: '/responses' })
  assert.deepEqual(http.match('GET', '/models'), { operation: 'models', path: '/models' })
  for (const path of ['/responses/resp_1', '/responses/resp_1/input_items', '/responses/compact', '/conversations'])
    assert.deepEqual(http.match('GET', path), { operation: 'other', path })
  for (const path of ['/responses', '/chat/completions', '/response']) assert.equal(http.match('GET', path), undefined)
})

test('the model is replaced, and nothing is asked for: usage always comes', () => {
  const body = fromUtf8('{"model":"fast","stream":true,"input":"model"}')
  const target = http.target({ operation: 'generate', path: '/responses' }, body, { model: 'gpt-5', askUsage: true })
  assert.equal(toUtf8(target.body), '{"model":"gpt-5","stream":true,"input":"model"}')
  assert.deepEqual(target.edits, ['model'])
})

test('a key of ours goes up as a bearer token', () => {
  assert.deepEqual(http.authorize('sk-1'), ['authorization', 'Bearer sk-1'])
})
