import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { toUtf8 } from '../bytes.ts'
import { DIALECTS, type DialectName } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { parseConfig } from './config/index.ts'
import { ModelList } from './model-list.ts'

const BASE = 'http://up.test/v1'
const LISTS: Readonly<Record<DialectName, string>> = {
  chat: '{"object":"list","data":[{"id":"m-1","object":"model"},{"id":"m-2"},{"object":"odd"}]}',
  responses: '{"object":"list","data":[{"id":"m-1"},{"id":"m-2"}]}',
  messages: '{"data":[{"type":"model","id":"m-1"},{"type":"model","id":"m-2"}],"has_more":false}',
  gemini: '{"models":[{"name":"models/m-1"},{"name":"models/m-2"}]}',
}

function begin(config: Readonly<Record<string, unknown>>) {
  const client = new ScriptedClient()
  const list = new ModelList(parseConfig(JSON.stringify(config), { env: {} }), client)
  return {
    client,
    call: (at = 0) => client.calls[at] as ScriptedCall,
    list: async (dialect: DialectName = 'chat') => JSON.parse(toUtf8(await list.list(DIALECTS[dialect]))),
    names: async () => JSON.parse(toUtf8(await list.list(DIALECTS.chat))).data.map(({ id }: { id: string }) => id),
  }
}

function chat(...names: string[]) {
  return { upstreams: Object.fromEntries(names.map(name => [name, { baseUrl: BASE, dialects: ['chat'] }])) }
}

function answer(call: ScriptedCall, body = LISTS.chat, status = 200) {
  return call.head(status, ['content-type', 'application/json']).data(body).end()
}

/** Two models, in each dialect's own words. */
const SHAPES: Readonly<Record<DialectName, unknown>> = {
  chat: {
    object: 'list',
    data: ['m-1', 'm-2'].map(id => ({ id, object: 'model', created: 0, owned_by: 'millrace' })),
  },
  responses: {
    object: 'list',
    data: ['m-1', 'm-2'].map(id => ({ id, object: 'model', created: 0, owned_by: 'millrace' })),
  },
  messages: {
    data: ['m-1', 'm-2'].map(id => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' })),
    has_more: false,
    first_id: 'm-1',
    last_id: 'm-2',
  },
  gemini: {
    models: ['m-1', 'm-2'].map(name => ({
      name: `models/${name}`,
      displayName: name,
      supportedGenerationMethods: ['generateContent', 'streamGenerateContent'],
    })),
  },
}

for (const dialect of ['chat', 'responses', 'messages', 'gemini'] as const)
  test(`the list has the shape of ${dialect}, in answer and question`, async () => {
    const { client, list, call } = begin({
      upstreams: {
        up: { dialects: { [dialect]: BASE }, apiKey: 'key-of-the-upstream', headers: { 'x-team': 'blue' } },
      },
    })
    const listed = list(dialect)
    const [{ method, url, headers }] = client.requests as [(typeof client.requests)[0]]
    assert.deepEqual([method, url.href], ['GET', 'http://up.test/v1/models'])
    assert.deepEqual(headers, [
      ...['accept', 'application/json', ...DIALECTS[dialect].models.headers, 'x-team', 'blue'],
      ...DIALECTS[dialect].http.authorize('key-of-the-upstream'),
    ])
    answer(call(), LISTS[dialect])
    assert.deepEqual(await listed, SHAPES[dialect])
  })

test('names that rules give in full come first, each name once', async () => {
  const { call, names } = begin({
    ...chat('up'),
    models: [
      { match: 'fast', upstream: 'up', model: 'm-9' },
      { match: 'm-2', upstream: 'up' },
      { match: 'claude-*', upstream: 'up' },
    ],
  })
  const listed = names()
  answer(call())
  assert.deepEqual(await listed, ['fast', 'm-2', 'm-1'])
})

test('upstreams that speak other dialects are asked in the first of their own', async () => {
  const others = { messages: { messages: BASE, chat: BASE }, gemini: { gemini: BASE } }
  const { call, client, list } = begin({
    upstreams: { up: { dialects: others.messages, apiKey: 'key-of-the-upstream' }, other: { dialects: others.gemini } },
    models: [{ match: 'fast', upstream: 'up', model: 'm-9' }],
  })
  const listed = list('responses')
  assert.deepEqual(client.requests[0]?.headers.slice(2), [
    ...['anthropic-version', '2023-06-01', 'x-api-key', 'key-of-the-upstream'],
  ])
  answer(call(0), LISTS.messages)
  answer(call(1), '{"models":[{"name":"models/g-1"}]}')
  assert.deepEqual(
    (await listed).data.map(({ id }: { id: string }) => id),
    ['fast', 'm-1', 'm-2', 'g-1'],
  )
})

test('upstreams that fail are left out, and asked again the next time', async () => {
  const { call, names } = begin(chat('dead', 'refusing', 'odd', 'good'))
  const listed = names()
  call(0).error(failure('upstream', 'Cannot connect'))
  answer(call(1), '{"error":{"message":"no"}}', 401)
  answer(call(2), '<html>')
  answer(call(3))
  assert.deepEqual(await listed, ['m-1', 'm-2'])

  const again = names()
  answer(call(4), '{"data":[{"id":"d-1"}]}')
  answer(call(5), '{"data":[{"id":"r-1"}]}')
  answer(call(6), '{"data":[{"id":"o-1"}]}')
  assert.deepEqual(await again, ['d-1', 'r-1', 'o-1', 'm-1', 'm-2'])
})

/** The first of two pages, and the query that asks for the second. */
const PAGES = {
  messages: ['{"data":[{"id":"m-0"}],"has_more":true,"first_id":"m-0","last_id":"m-0/+"}', '?after_id=m-0%2F%2B'],
  gemini: ['{"models":[{"name":"models/m-0"}],"nextPageToken":"a/+="}', '?pageToken=a%2F%2B%3D'],
} as const

for (const dialect of ['messages', 'gemini'] as const)
  test(`a list of ${dialect} is read to its last page, with the same headers`, async () => {
    const { client, call, names } = begin({ upstreams: { up: { dialects: { [dialect]: BASE }, apiKey: 'key-of-up' } } })
    const listed = names()
    const [page, query] = PAGES[dialect]
    answer(call(0), page)
    const [first, second] = client.requests
    assert.deepEqual([second?.url.href, second?.headers], [`http://up.test/v1/models${query}`, first?.headers])
    answer(call(1), LISTS[dialect])
    assert.deepEqual(await listed, ['m-0', 'm-1', 'm-2'])
    await names()
    assert.equal(client.calls.length, 2)
  })

test('of a list that fails or dawdles in the middle what was read is shown, and it is asked for again', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { client, call, names } = begin({ upstreams: { up: { dialects: { gemini: BASE } } } })
  const [page] = PAGES.gemini
  const refused = names()
  answer(call(0), page)
  answer(call(1), '{"error":{}}', 500)
  assert.deepEqual(await refused, ['m-0'])
  const slow = names()
  t.mock.timers.tick(3000)
  answer(call(2), page)
  t.mock.timers.tick(2000)
  assert.deepEqual([await slow, call(3).isAborted], [['m-0'], true])
  const whole = names()
  answer(call(4), LISTS.gemini)
  assert.deepEqual(await whole, ['m-1', 'm-2'])
  assert.equal(client.calls.length, 5)
})

test('no list goes on for ever', async () => {
  const { client, call, names } = begin({ upstreams: { up: { dialects: { gemini: BASE } } } })
  const circling = names()
  answer(call(0), PAGES.gemini[0])
  answer(call(1), PAGES.gemini[0])
  assert.deepEqual([await circling, client.calls.length], [['m-0'], 2])
  const { client: other, call: next, names: endless } = begin({ upstreams: { up: { dialects: { gemini: BASE } } } })
  const listed = endless()
  for (let at = 0; at < 20; at++) answer(next(at), `{"models":[{"name":"models/m-${at}"}],"nextPageToken":"${at}"}`)
  assert.equal((await listed).length, 20)
  assert.equal(other.calls.length, 20)
})

test('a list that is too long is left out', async () => {
  const { call, names } = begin(chat('up'))
  const listed = names()
  const part = `{"data":[${'{"id":"x"},'.repeat(200_000)}`
  call().head(200, []).data(part).data(part).end()
  assert.deepEqual(await listed, [])
})

test('a slow upstream is left out after five seconds', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { call, names } = begin(chat('slow', 'good'))
  const listed = names()
  answer(call(1))
  t.mock.timers.tick(4999)
  assert.equal(call(0).isAborted, false)
  t.mock.timers.tick(1)
  assert.equal(call(0).isAborted, true)
  assert.deepEqual(await listed, ['m-1', 'm-2'])
})

test('a list is believed for five minutes, and asked for once by many', async t => {
  const clock = mockClock(t)
  const { client, call, names } = begin(chat('up'))
  const both = Promise.all([names(), names()])
  answer(call())
  await both
  clock.nowMs = 299_999
  assert.deepEqual(await names(), ['m-1', 'm-2'])
  assert.equal(client.calls.length, 1)
  clock.nowMs = 300_000
  const fresh = names()
  answer(call(1), '{"data":[{"id":"m-3"}]}')
  assert.deepEqual(await fresh, ['m-3'])
})

function mockClock(t: TestContext) {
  const clock = { nowMs: 0 }
  t.mock.method(performance, 'now', () => clock.nowMs)
  return clock
}
