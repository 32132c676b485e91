/** Keys: who has to show one, where it goes, and that nobody learns another's. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { inspect } from 'node:util'
import type { DialectName } from '../../src/dialects/index.ts'
import { getHeader, type RawHeaders } from '../../src/http/index.ts'
import { HOOK_EVENTS, HookManager } from '../../src/observe/index.ts'
import { eventually } from '../eventually.ts'
import { startTestGateway } from '../gateway.ts'
import { Upstream } from '../http-client/upstream.ts'
import { askRaw, type RawQuestion, streamRequest } from '../sdk/raw.ts'
import { DIALECTS } from '../simulated.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy } from './sdks.ts'

const CLIENT_KEY = 'mill-client-key-1'
const OTHER_KEY = 'mill-client-key-2'
const UPSTREAM_KEY = 'upstream-secret-4711'

const SLOTS: readonly (readonly [slot: string, headers: RawHeaders, query: string])[] = [
  ['Authorization', ['authorization', `Bearer ${CLIENT_KEY}`], ''],
  ['x-api-key', ['X-Api-Key', CLIENT_KEY], ''],
  ['x-goog-api-key', ['x-goog-api-key', CLIENT_KEY], ''],
  ['the query', [], `key=${CLIENT_KEY}`],
  ['every slot', ['authorization', `bearer ${CLIENT_KEY}`, 'x-api-key', CLIENT_KEY], `a=b&key=${CLIENT_KEY}`],
]

/** Where each API wants ours. */
const OURS: Record<DialectName, readonly [name: string, value: string]> = {
  chat: ['authorization', `Bearer ${UPSTREAM_KEY}`],
  responses: ['authorization', `Bearer ${UPSTREAM_KEY}`],
  messages: ['x-api-key', UPSTREAM_KEY],
  gemini: ['x-goog-api-key', UPSTREAM_KEY],
}

const UNPROVEN = {
  chat: 'invalid_api_key',
  responses: 'invalid_api_key',
  messages: 'authentication_error',
  gemini: 401,
}

suite('where keys are set', { concurrency: 8 }, () => {
  let house: House
  before(async () => {
    house = await startHouse({ server: { keys: [CLIENT_KEY, OTHER_KEY] }, upstream: { apiKey: UPSTREAM_KEY } })
  })
  after(() => house.close())

  for (const dialect of DIALECTS) {
    for (const [slot, headers, query] of SLOTS)
      test(`${dialect}: a key in ${slot} opens the door and goes no further`, async () => {
        const name = `${dialect} ${slot}`
        const { status } = await askRaw(house.url, question(dialect, [...headers, 'x-case', name], query))
        const seen = await house.seen(name)
        const [slotOfOurs, ours] = OURS[dialect]
        assert.equal(status, 200)
        assert.equal(getHeader(seen.headers, slotOfOurs), ours)
        assert.ok(!JSON.stringify(seen).includes(CLIENT_KEY))
      })

    test(`${dialect}: without a key the SDK raises what it raises for a wrong one`, async () => {
      const told = await ask(dialect, { url: house.url, model: 'mill', headers: { 'x-case': `${dialect} unproven` } })
      assert.equal(told.status, 401)
      assert.equal(heardBy(dialect, told), UNPROVEN[dialect])
      const asked = house.simulator.requests().map(({ headers }) => getHeader(headers, 'x-case'))
      assert.ok(!asked.includes(`${dialect} unproven`))
    })
  }

  for (const path of ['/api/streams', '/api/streams/none', '/v1/models'])
    test(`${path} is not for everybody`, async () => {
      assert.equal((await askRaw(house.url, { method: 'GET', path })).status, 401)
    })

  test('a key sees the reports of its own streams', async () => {
    const { headers } = await askRaw(house.url, question('chat', ['x-api-key', CLIENT_KEY]))
    const path = `/api/streams/${getHeader(headers, 'x-millrace-request-id')}`
    const look = (key: string) => askRaw(house.url, { method: 'GET', path, headers: ['x-api-key', key] })
    const report = await eventually(async () => {
      const { status, body } = await look(CLIENT_KEY)
      return status === 200 ? `${body}` : undefined
    })
    assert.ok(!report.includes(CLIENT_KEY))
    assert.equal((await look(OTHER_KEY)).status, 404)
  })
})

test("a client's own credential goes up in its slot where that is allowed, and nowhere else", async () => {
  for (const passCredential of [true, false]) {
    const house = await startHouse({ upstream: { passCredential } })
    await askRaw(house.url, question('messages', ['authorization', 'Bearer own-key-of-client', 'x-case', 'own']))
    const { headers } = await house.seen('own')
    assert.equal(getHeader(headers, 'authorization'), passCredential ? 'Bearer own-key-of-client' : undefined)
    await house.close()
  }
})

/** Hooks that change the request have to see it; chunks are the raw bytes of the stream. */
const PRIVY: readonly string[] = ['provider.request.prepared', 'provider.stream.chunk']

const QUOTE = `Incorrect API key provided: ${UPSTREAM_KEY}`

/** A first piece of an answer in each dialect, and an error that quotes our key. */
const EVENTS: Record<DialectName, readonly [content: string, error: string]> = {
  chat: [
    'data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\n',
    `data: {"error":{"message":"${QUOTE}","type":"invalid_request_error","code":"invalid_api_key"}}\n\n`,
  ],
  responses: [
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi","sequence_number":0}\n\n',
    `event: error\ndata: {"type":"error","error":{"message":"${QUOTE}","code":"invalid_api_key"},"sequence_number":1}\n\n`,
  ],
  messages: [
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\n\n',
    `event: error\ndata: {"type":"error","error":{"type":"authentication_error","message":"${QUOTE}"}}\n\n`,
  ],
  gemini: [
    'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"index":0}]}\n\n',
    `data: {"error":{"code":401,"message":"${QUOTE}","status":"UNAUTHENTICATED"}}\n\n`,
  ],
}

const STREAM = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n'
const REFUSAL = 'HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-type: '

/** Every way in which an upstream can quote our key. */
function quotes(dialect: DialectName): Record<string, string> {
  const [content, error] = EVENTS[dialect]
  const json = error.slice(error.indexOf('{'), error.lastIndexOf('}') + 1)
  return {
    'an error answer': `${REFUSAL}application/json\r\n\r\n${json}`,
    'an error page': `${REFUSAL}text/html\r\n\r\n<h1>${QUOTE}</h1>`,
    'a first event': STREAM + error,
    'a later event': STREAM + content + error,
  }
}

for (const dialect of DIALECTS) {
  for (const [where, answer] of Object.entries(quotes(dialect)))
    test(`${dialect}: our key, quoted in ${where}, reaches neither client nor log, report or hook`, async () => {
      await using upstream = await Upstream.start(socket => socket.end(answer))
      const told: string[] = []
      const write = (...parts: unknown[]) => void told.push(inspect(parts, { depth: 9 }))
      const hookManager = new HookManager()
      const events = HOOK_EVENTS.filter(event => !PRIVY.includes(event))
      hookManager.register({ name: 'ear', events, handle: write })
      const gateway = await startTestGateway(upstream.url.origin, {
        upstream: { apiKey: UPSTREAM_KEY },
        log: { info: write, warn: write, error: write },
        hookManager,
      })
      const { headers, body } = await askRaw(gateway.url, streamRequest(dialect, 'mill'))
      const report = await gateway.report(getHeader(headers, 'x-millrace-request-id'))
      await gateway.close()
      await hookManager.drain()

      assert.ok(upstream.requests[0]?.includes(UPSTREAM_KEY))
      assert.match(report.error?.message ?? '', /\[redacted\]/)
      assert.match(`${body}`, /\[redacted\]/)
      assert.ok(told.some(line => line.includes('[redacted]')))
      assert.ok(![...told, `${body}`, JSON.stringify(report), headers.join()].some(text => text.includes(UPSTREAM_KEY)))
    })
}

function question(dialect: DialectName, headers: RawHeaders, query = ''): RawQuestion {
  const { path, headers: typed = [], ...rest } = streamRequest(dialect, 'mill')
  const target = query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`
  return { ...rest, path: target, headers: [...typed, ...headers] }
}
