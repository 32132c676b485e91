import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { editBody, peekBody, renameModel } from './request-body.ts'

test('model and stream are read at the top level, wherever they stand', () => {
  const body = fromUtf8('{"messages":[{"model":"inner","stream":false}], "stream" : true,"model":"gpt-\\u0034o"}')
  assert.deepEqual(peekBody(body), { model: 'gpt-4o', stream: true })
})

test('of duplicates the last counts', () => {
  assert.deepEqual(peekBody(fromUtf8('{"model":"a","stream":true,"model":"b","stream":false}')), {
    model: 'b',
    stream: false,
  })
})

test('a model that is no text is none', () => {
  for (const model of ['null', '1', '""', '["a"]', '{}'])
    assert.equal(peekBody(fromUtf8(`{"model":${model}}`)).model, undefined, model)
})

test('only true, false and null are wishes about streaming', () => {
  const peek = (stream: string) => peekBody(fromUtf8(`{"stream":${stream}}`))
  assert.deepEqual(peek('true'), { model: undefined, stream: true })
  for (const no of ['false', 'null']) assert.deepEqual(peek(no), { model: undefined, stream: false }, no)
  for (const unclear of ['"yes"', '"true"', '1', '[]', '{}']) {
    assert.equal(peek(unclear).stream, false, unclear)
    assert.equal(peek(unclear).refusal?.code, 'bad-request', unclear)
  }
})

test('what is not one JSON object in UTF-8 is refused, and not thrown', () => {
  const bodies = [
    '',
    'null',
    '[]',
    '"x"',
    '{"model":"m"',
    '{"model":"m"}{}',
    `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
  ]
  for (const body of [...bodies.map(fromUtf8), new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])])
    assert.equal(peekBody(body).refusal?.code, 'bad-request')
})

function renamed(body: string, model = 'new'): string {
  return toUtf8(renameModel(fromUtf8(body), model))
}

test('the model is replaced where it stands, and no other byte changes', () => {
  const body = (model: string) =>
    `{ "messages": [{"content":"the \\"model\\": \u00fc","model":"inner"}],\n "model" : ${model} , "n": 1e400, "n": 12345678901234567890, "__proto__": {} }`
  assert.equal(renamed(body('"old"')), body('"new"'))
  assert.equal(renamed(body('null')), body('"new"'))
  assert.equal(renamed(body('"old"'), 'a"b/\u00fc'), body('"a\\"b/\u00fc"'))
})

test('every duplicate of the model is replaced', () => {
  assert.equal(
    renamed('{"model":"a","x":1,"model":"new","model":"c"}'),
    '{"model":"new","x":1,"model":"new","model":"new"}',
  )
})

test('a body without a model gets one', () => {
  assert.equal(renamed('{"x":1}'), '{"x":1,"model":"new"}')
})

test('there is nothing to change where the model is the same, or the body no JSON object', () => {
  for (const text of ['{"model":"new"}', '', '[]', 'model=new', '{"model":']) {
    const body = fromUtf8(text)
    assert.equal(renameModel(body, 'new'), body, text)
  }
})

test('a renamed body says the same but for the model', () => {
  const objects = fc.dictionary(fc.constantFrom('model', 'a', '__proto__', 'stream'), fc.jsonValue())
  fc.assert(
    fc.property(objects, fc.string({ unit: 'grapheme', minLength: 1 }), (value, model) => {
      const body = JSON.parse(renamed(JSON.stringify(value), model))
      assert.deepEqual({ ...body, model: 0 }, { ...JSON.parse(JSON.stringify(value)), model: 0 })
      assert.equal(body.model, model)
    }),
  )
})

for (const [body, stream, turned] of [
  ['{"model":"m"}', true, '{"model":"m","stream":true}'],
  ['{"stream":null,"n":1}', true, '{"stream":true,"n":1}'],
  ['{"stream":true,"a":{"stream":true},"stream":true}', false, '{"stream":false,"a":{"stream":true},"stream":false}'],
  ['{"model":"m"}', false, '{"model":"m"}'],
  ['not json', true, 'not json'],
] as const)
  test(`${stream ? 'a stream' : 'a whole answer'} is asked for in ${body}`, () => {
    const { body: edited, edits } = editBody(fromUtf8(body), { stream })
    assert.deepEqual([toUtf8(edited), edits], [turned, turned === body ? [] : ['stream']])
  })
