/** Heads and bodies of answers that no model gives. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ask } from '../../test/simulated.ts'
import { startSimulator } from './index.ts'

const simulator = await startSimulator()
after(() => simulator.close())

async function answer(dialect: 'chat' | 'responses' | 'messages' | 'gemini', settings: string) {
  const client = await ask(simulator, dialect, settings)
  const lengthOf = (head: string) => Number(/^content-length: (\d+)/m.exec(head)?.[1] ?? 0)
  await client.until(({ received, head, bodyBytes }) => {
    return received.includes('\r\n\r\n') && bodyBytes.length >= lengthOf(head)
  })
  client.leave()
  return client
}

const ERRORS = [
  ['chat', 429, { error: { type: 'requests', code: 'rate_limit_exceeded' } }],
  ['chat', 500, { error: { type: 'server_error', code: null } }],
  ['responses', 401, { error: { type: 'invalid_request_error', code: 'invalid_api_key' } }],
  ['messages', 400, { type: 'error', error: { type: 'invalid_request_error' } }],
  ['messages', 401, { type: 'error', error: { type: 'authentication_error' } }],
  ['messages', 403, { type: 'error', error: { type: 'permission_error' } }],
  ['messages', 404, { type: 'error', error: { type: 'not_found_error' } }],
  ['messages', 413, { type: 'error', error: { type: 'request_too_large' } }],
  ['messages', 429, { type: 'error', error: { type: 'rate_limit_error' } }],
  ['messages', 502, { type: 'error', error: { type: 'api_error' } }],
  ['messages', 529, { type: 'error', error: { type: 'overloaded_error' } }],
  ['gemini', 429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }],
  ['gemini', 503, { error: { code: 503, status: 'UNAVAILABLE' } }],
] as const

for (const [dialect, status, expected] of ERRORS) {
  test(`${dialect} says ${status} in its own form`, async () => {
    const client = await answer(dialect, `status=${status}`)
    assert.equal(client.status, status)
    assert.partialDeepStrictEqual(JSON.parse(client.body), expected)
  })
}

test('statuses that ask to wait say how long', async () => {
  assert.match((await answer('chat', 'status=429')).head, /^retry-after: 1$/m)
  assert.match((await answer('messages', 'status=529,retryafter=7')).head, /^retry-after: 7$/m)
  assert.doesNotMatch((await answer('chat', 'status=500')).head, /retry-after/)
})

test('an error has the body that is wanted', async () => {
  const html = await answer('chat', 'status=502,body=html')
  assert.match(html.body, /^<html>\r\n<head><title>502 Bad Gateway/)
  assert.match(html.head, /^content-type: text\/html/m)
  assert.equal((await answer('chat', 'status=500,body=empty')).body, '')
  assert.equal((await answer('chat', 'status=500,body=null')).body, 'null')
  const { bodyBytes } = await answer('chat', 'status=500,body=binary')
  assert.notDeepEqual(Buffer.from(`${bodyBytes}`), bodyBytes)
})

test('204 and redirects have no body; a redirect leads to where it is seen', async () => {
  const none = await answer('chat', 'status=204')
  assert.deepEqual([none.status, none.body], [204, ''])
  const away = await answer('chat', 'status=302')
  assert.deepEqual([away.status, away.body], [302, ''])
  assert.match(away.head, /^location: \/__sim\/redirected$/m)
})

test('the content type can be another, or absent', async () => {
  assert.match((await answer('chat', 'type=text/plain')).head, /^content-type: text\/plain$/m)
  assert.doesNotMatch((await answer('chat', 'type=none')).head, /content-type/)
  assert.match((await answer('chat', '')).head, /^content-type: text\/event-stream; charset=utf-8$/m)
})

test('padding makes the head huge', async () => {
  assert.ok((await answer('gemini', 'padding=131072')).head.length > 131_072)
})

test('a stream carries the headers of its provider', async () => {
  const chat = (await answer('chat', '')).head
  for (const name of ['x-request-id', 'x-ratelimit-remaining-tokens', 'openai-processing-ms']) {
    assert.match(chat, new RegExp(`^${name}: `, 'm'))
  }
  assert.equal(chat.match(/^set-cookie: /gm)?.length, 2)
  const messages = (await answer('messages', '')).head
  for (const name of ['request-id', 'anthropic-ratelimit-tokens-remaining', 'anthropic-organization-id']) {
    assert.match(messages, new RegExp(`^${name}: `, 'm'))
  }
  assert.equal(messages.match(/^set-cookie: /gm)?.length, 2)
})
