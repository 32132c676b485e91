import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeDialect } from '../../test/fake-codec.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import type { Failure } from '../errors.ts'
import { createId } from './ids.ts'
import { AdapterRegistry } from './registry.ts'
import { type ConvertedRequest, convertRequest, type RequestTarget } from './request.ts'

const client = fakeDialect('messages')
const upstream = fakeDialect('chat')

function convert(body: string, target?: RequestTarget): ConvertedRequest | Failure {
  return convertRequest(client, upstream, fromUtf8(body), { operation: 'generate', path: '/messages' }, target)
}

function refusal(body: string, target?: RequestTarget): string {
  const refused = convert(body, target)
  assert.ok('code' in refused)
  assert.deepEqual([refused.code, refused.status], ['bad-request', 400])
  return refused.message
}

test('a request is written in the upstream dialect, with what was lost', () => {
  const converted = convert('{"model":"m","stream":true,"system":"Be brief"}', { model: 'm-2' })
  assert.ok(!('code' in converted))
  const { path, query, headers, body, stream, conversion } = converted
  assert.deepEqual(
    [path, query, headers, toUtf8(body), stream],
    ['/chat', '', ['x-version', '1'], '{"model":"m-2","stream":true}', true],
  )
  assert.equal(conversion.request?.model, 'm')
  assert.deepEqual(
    conversion.requestLosses.all.map(({ path }) => path),
    ['/instructions/0', '/native/user_agent'],
  )
})

test('a stream can be asked for in place of a whole answer, and the other way round', () => {
  const converted = convert('{"model":"m"}', { stream: true })
  assert.ok(!('code' in converted))
  assert.deepEqual([converted.stream, toUtf8(converted.body)], [true, '{"model":"m","stream":true}'])
  assert.equal(converted.conversion.request?.stream, false)
})

test('what cannot be read is a failure that says where', () => {
  assert.match(refusal('{"model":'), /^Cannot read JSON: .* at byte 9$/)
  assert.match(refusal('[]'), /^Cannot read JSON/)
  assert.equal(refusal('{"broken":1}'), 'Cannot read `broken`: it is')
})

test('losses are refused where that is wished, cosmetic ones are not', () => {
  assert.equal(
    refusal('{"system":"Be brief"}', { losses: 'refuse' }),
    'Cannot say all of the request in the chat dialect, and losses are refused: /instructions/0',
  )
  assert.ok(!('code' in convert('{"model":"m"}', { losses: 'refuse' })))
})

test('an id has its prefix and 20 letters and digits', () => {
  assert.match(createId('msg_'), /^msg_[A-Za-z0-9]{20}$/)
  assert.notEqual(createId(''), createId(''))
})

test('the registry tells its pairs, makes their adapters, and refuses a second one', () => {
  const pair = { from: 'chat', to: 'messages' } as const
  const registry = new AdapterRegistry<string, number>().register(pair, options => `way ${options}`)
  assert.deepEqual([registry.pairs, registry.has(pair), registry.create(pair, 7)], [[pair], true, 'way 7'])
  assert.throws(() => registry.register(pair, String), /there is one from chat to messages already/)
  assert.throws(() => registry.create({ from: 'chat', to: 'gemini' }, 7), /Cannot convert from chat to gemini/)
})
