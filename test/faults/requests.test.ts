/** What a request may look like, what of it reaches the upstream, and in which form a bad one is refused. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { getHeader, type RawHeaders } from '../../src/http/index.ts'
import { RawClient } from '../raw-client.ts'
import { askRaw, pathOf } from '../sdk/raw.ts'
import { DIALECTS } from '../simulated.ts'
import { type House, startHouse } from './house.ts'
import { CROSSING, modelOf, rulesFor, titleOf } from './ways.ts'

const PATHS = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  gemini: '/v1beta/models/mill:generateContent',
} as const satisfies Record<DialectName, string>

const JSON_TYPE = ['content-type', 'application/json']

/** Each says the same before and after, or two readers understand two things. */
const STRANGE = {
  'numbers beyond all bounds': '{"model":"mill","temperature":1e400,"seed":12345678901234567890,"top_p":0.10}',
  'duplicate keys': '{"model":"one","temperature":1,"model":"mill","temperature":2}',
  __proto__: '{"model":"mill","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  'nesting up to the limit': `{"model":"mill","metadata":${'['.repeat(62)}${']'.repeat(62)}}`,
  'escapes and lone surrogates': '{"\\u006dodel":"mill","user":"\\ud83d \\u0000 \\/ \\u00e9 é 🐟"}',
  'white space': '\r\n\t{ "model" :\n"mill" }\r\n ',
} as const

const BAD = {
  nothing: '',
  'white space only': ' \n',
  'no JSON': 'model=mill',
  'half of an object': '{"model":"mill"',
  'two objects': '{"model":"mill"}{}',
  'an array': '[{"model":"mill"}]',
  'a string': '"mill"',
  null: 'null',
  'a comment': '{"model":"mill"/* */}',
  'bytes that are not UTF-8': Buffer.from('{"model":"m\xffll"}', 'latin1'),
  'nesting beyond the limit': `{"model":"mill","metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
} as const

const UNCLEAR = ['"yes"', '1', '"true"', '{}', '[true]'] as const

/** Whose error form answers what is not even a request to a dialect. */
const LOST: readonly (readonly [
  dialect: DialectName,
  status: number,
  method: string,
  path: string,
  headers?: RawHeaders,
])[] = [
  ['chat', 404, 'POST', '/v1/nothing'],
  ['chat', 404, 'GET', '/index.html'],
  ['chat', 404, 'POST', '/openai/v1/messages'],
  ['messages', 404, 'POST', '/anthropic/v1/nothing'],
  ['messages', 404, 'POST', '/v1/nothing', ['anthropic-version', '2023-06-01']],
  ['gemini', 404, 'POST', '/v1beta/nothing'],
  ['gemini', 404, 'POST', '/gemini/v1/nothing'],
  ['chat', 405, 'DELETE', '/health'],
  ['chat', 405, 'POST', '/api/streams'],
  ['messages', 405, 'GET', '/v1/messages', ['anthropic-version', '2023-06-01']],
  ['gemini', 405, 'GET', '/v1beta/models/mill:generateContent'],
]

suite('a request', { concurrency: 16 }, () => {
  let house: House
  before(async () => {
    house = await startHouse({ models: rulesFor({ mill: {} }) })
  })
  after(() => house.close())

  const post = (path: string, body: string | Uint8Array, name: string) =>
    askRaw(house.url, { path, headers: [...JSON_TYPE, 'x-case', name], body })

  for (const dialect of DIALECTS) {
    for (const [what, body] of Object.entries(STRANGE))
      test(`${dialect}: ${what} reaches the upstream byte for byte`, async () => {
        const name = `${dialect} ${what}`
        const { status } = await post(PATHS[dialect], body, name)
        const seen = await house.seen(name)
        assert.equal(status, 200)
        assert.equal(seen.body, body)
        assert.equal(getHeader(seen.headers, 'content-length'), `${Buffer.byteLength(body)}`)
      })

    for (const [what, body] of Object.entries(BAD))
      test(`${dialect}: ${what} is refused in its own form`, async () => {
        const name = `${dialect} bad ${what}`
        const answer = await post(PATHS[dialect], body, name)
        assert.equal(answer.status, 400)
        assertForm(dialect, answer)
        assert.ok(!house.simulator.requests().some(({ headers }) => getHeader(headers, 'x-case') === name))
      })
  }

  for (const way of CROSSING) {
    const { client } = way
    const path = pathOf(client, modelOf(way, 'mill'), false)
    const named = (body: string) => body.replace('"mill"', `"${modelOf(way, 'mill')}"`)

    for (const [what, body] of Object.entries(BAD))
      test(`${titleOf(way)}: ${what} is refused in the form of the client`, async () => {
        const name = `${titleOf(way)} bad ${what}`
        const answer = await post(path, typeof body === 'string' ? named(body) : body, name)
        assert.equal(answer.status, 400)
        assertForm(client, answer)
        assert.ok(!house.simulator.requests().some(({ headers }) => getHeader(headers, 'x-case') === name))
      })

    for (const [what, body] of Object.entries(STRANGE))
      test(`${titleOf(way)}: ${what} reaches the upstream as JSON of its own, or is refused`, async () => {
        const name = `${titleOf(way)} ${what}`
        const answer = await post(path, withTurns(client, named(body)), name)
        if (answer.status !== 200) {
          assert.equal(answer.status, 400)
          assertForm(client, answer)
          return
        }
        const sent = JSON.parse((await house.seen(name)).body)
        assert.deepEqual(
          Object.keys(sent).filter(key => key === '__proto__' || key === 'constructor'),
          [],
        )
        assert.equal(({} as { polluted?: unknown }).polluted, undefined)
      })
  }

  for (const dialect of ['chat', 'responses', 'messages'] as const)
    test(`${dialect}: a stream that is neither true nor false is refused`, async () => {
      for (const stream of UNCLEAR) {
        const answer = await post(PATHS[dialect], `{"model":"mill","stream":${stream}}`, 'unclear')
        assert.equal(answer.status, 400, stream)
        assertForm(dialect, answer)
      }
    })

  for (const [dialect, status, method, path, headers = []] of LOST)
    test(`${method} ${path} is answered ${status} in the form of ${dialect}`, async () => {
      const answer = await askRaw(house.url, { method, path, headers: [...headers, ...JSON_TYPE], body: '{}' })
      assert.equal(answer.status, status)
      assertForm(dialect, answer)
    })

  test('a request that expects to be told to continue is', async () => {
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\ncontent-type: application/json`
    const client = await RawClient.send(house.port, `${head}\r\nexpect: 100-continue\r\ncontent-length: 16\r\n\r\n`)
    await client.until(({ received }) => received.startsWith('HTTP/1.1 100 Continue\r\n\r\n'))
    client.write('{"model":"mill"}')
    await client.until(({ received }) => received.includes('HTTP/1.1 200 OK'))
    client.leave()
  })

  test('a body in chunks goes up with its length', async () => {
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\ncontent-type: application/json\r\nx-case: chunks`
    const chunks = '7;note=1\r\n{"model\r\n9\r\n":"mill"}\r\n0\r\nx-trailer: 1\r\n\r\n'
    const client = await RawClient.send(house.port, `${head}\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`)
    await client.until(({ status }) => status === 200)
    const { body, headers } = await house.seen('chunks')
    assert.equal(body, '{"model":"mill"}')
    assert.equal(getHeader(headers, 'content-length'), '16')
    assert.equal(getHeader(headers, 'transfer-encoding'), undefined)
    assert.equal(getHeader(headers, 'x-trailer'), undefined)
    client.leave()
  })

  test('the items of a stream as a JSON array come one by one', async () => {
    const body = '{"contents":[]}'
    const head = `POST /v1beta/models/mill:streamGenerateContent HTTP/1.1\r\nhost: 127.0.0.1:${house.port}`
    const fields = `content-type: application/json\r\nx-sim: words=3,fault=stall,at=middle\r\ncontent-length: ${body.length}`
    const client = await RawClient.send(house.port, `${head}\r\n${fields}\r\n\r\n${body}`)
    await client.until(client => client.body.includes('the'))
    assert.equal(JSON.parse(`${client.body}]`).length, 2)
    client.leave()
  })

  test('two requests in one packet are answered in their order', async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\n\r\n`
    const client = await RawClient.send(house.port, one('/health') + one('/nothing'))
    await client.until(({ received }) => received.includes('HTTP/1.1 404'))
    assert.match(client.received, /^HTTP\/1\.1 200 OK/)
    client.leave()
  })

  test('a client of HTTP/1.0 gets a stream that ends with the connection', async () => {
    const body = '{"model":"mill","stream":true,"messages":[]}'
    const head = `POST /v1/chat/completions HTTP/1.0\r\nhost: 127.0.0.1:${house.port}\r\ncontent-type: application/json`
    const client = await RawClient.send(house.port, `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await client.closed()
    assert.equal(client.ending, 'end')
    assert.doesNotMatch(client.head, /transfer-encoding/i)
    assert.match(client.body, /^data: \{.*data: \[DONE\]\n\n$/s)
  })

  test('an upgrade to a WebSocket is refused at once', async () => {
    const upgrade =
      'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: YWJjZGVmZ2hpamtsbW5vcA=='
    const head = `GET /v1/responses HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\n${upgrade}\r\n\r\n`
    const client = await (await RawClient.send(house.port, head)).closed()
    assert.equal(client.status, 426)
    assert.equal(client.ending, 'end')
    assert.ok(JSON.parse(client.body).error.message)
  })
})

/** The same request with something to answer. */
function withTurns(dialect: DialectName, body: string): string {
  const turns = `"${TURNS[dialect]}":[{"role":"user","${dialect === 'gemini' ? 'parts":[{"text":"Hi"}]' : 'content":"Hi"'}}]`
  return body.replace(/\}(\s*)$/, `,"max_tokens":9,${turns}}$1`)
}

const TURNS: Readonly<Record<DialectName, string>> = {
  chat: 'messages',
  responses: 'input',
  messages: 'messages',
  gemini: 'contents',
}

function assertForm(dialect: DialectName, { status, headers, body }: Awaited<ReturnType<typeof askRaw>>): void {
  const answer = JSON.parse(`${body}`)
  assert.equal(getHeader(headers, 'content-type'), 'application/json')
  assert.ok(getHeader(headers, 'x-millrace-request-id'))
  assert.equal(typeof answer.error.message, 'string')
  if (dialect === 'messages') {
    assert.equal(answer.type, 'error')
    assert.equal(typeof answer.error.type, 'string')
  } else if (dialect === 'gemini') {
    assert.equal(answer.error.code, status)
    assert.equal(typeof answer.error.status, 'string')
  } else assert.equal(typeof answer.error.type, 'string')
}
