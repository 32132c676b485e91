import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyRing } from '../access/index.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import type { Dialect, Match } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'
import { parseConfig } from './config/index.ts'
import { type Plan, planRequest } from './plan.ts'
import { route, splitTarget } from './routes.ts'

const BOTH = 'http://up.test/v1'
const UPSTREAM = { dialects: { chat: BOTH, responses: BOTH, messages: BOTH, gemini: 'http://up.test/v1beta' } }

interface Request {
  readonly method?: string
  readonly target?: string
  readonly headers?: RawHeaders
  readonly body?: string
}

/** What a gateway with this configuration makes of a request. */
function plan(config: Readonly<Record<string, unknown>>, request: Request): Plan | Failure {
  const { method = 'POST', target = '/v1/chat/completions', headers = [], body = '{"model":"m"}' } = request
  const parsed = parseConfig(JSON.stringify(config), { env: {} })
  const split = splitTarget(target)
  const found = route(method, split, headers) as { dialect: Dialect; match: Match }
  const credentials = new KeyRing(parsed.server.keys).read(headers, split.query.slice(1))
  const made = planRequest(parsed, { ...found, credentials, body: fromUtf8(body) })
  assert.ok(!('request' in made), 'no estimate')
  return made
}

/** The plan for the one upstream `up`, which there has to be. */
function planned(upstream: Readonly<Record<string, unknown>>, request: Request): Plan {
  const made = plan(
    { server: { keys: ['client-key-of-ours'] }, upstreams: { up: { ...UPSTREAM, ...upstream } } },
    request,
  )
  assert.ok(!('code' in made), 'a plan')
  return made
}

function refused(config: Readonly<Record<string, unknown>>, request: Request = {}): Failure {
  const made = plan(config, request)
  assert.ok('code' in made, 'a failure')
  return made
}

test('a path goes below the base URL of its dialect, its query with it', () => {
  for (const [target, url] of [
    ['/v1/chat/completions', 'http://up.test/v1/chat/completions'],
    ['/openai/chat/completions?api-version=2026-01-01', 'http://up.test/v1/chat/completions?api-version=2026-01-01'],
    ['/anthropic/v1/messages?beta=true', 'http://up.test/v1/messages?beta=true'],
    ['/v1/models/m:generateContent', 'http://up.test/v1beta/models/m:generateContent'],
    [
      '/v1beta/models/sim%2Fstory:streamGenerateContent?alt=sse&%24x=a+b',
      'http://up.test/v1beta/models/sim%2Fstory:streamGenerateContent?alt=sse&%24x=a+b',
    ],
    ['/v1/embeddings', 'http://up.test/v1/embeddings'],
  ] as const)
    assert.equal(planned({}, { target }).url.href, url)
})

test('headers of the client go up in order, but those of the connection and of browsers', () => {
  const headers = [
    ...['Host', 'localhost', 'Anthropic-Beta', 'a', 'content-length', '9', 'anthropic-beta', 'b', 'Cookie', 'c=1'],
    ...['Connection', 'x-hop', 'X-Hop', '1', 'User-Agent', 'cli/1.0', 'X-Forwarded-For', '10.0.0.1', 'sec-ch-ua', 'x'],
    ...['x-millrace-request-id', 'forged', 'Accept-Encoding', 'gzip', 'OpenAI-Organization', 'org'],
  ]
  assert.deepEqual(planned({}, { headers }).headers, [
    ...['Anthropic-Beta', 'a', 'anthropic-beta', 'b', 'User-Agent', 'cli/1.0', 'OpenAI-Organization', 'org'],
    ...['accept-encoding', 'identity'],
  ])
})

test('configured headers stand in place of what the client says', () => {
  const upstream = { headers: { 'X-Title': 'mill', 'user-agent': 'millrace' } }
  const { headers } = planned(upstream, { headers: ['User-Agent', 'cli/1.0', 'x-title', 'other', 'x-kept', '1'] })
  assert.deepEqual(headers, [
    ...['x-kept', '1', 'accept-encoding', 'identity', 'X-Title', 'mill', 'user-agent', 'millrace'],
  ])
})

const SLOTS = [
  ['authorization', 'Bearer '],
  ['x-api-key', ''],
  ['x-goog-api-key', ''],
  ['api-key', ''],
] as const

for (const [name, prefix] of SLOTS)
  test(`a credential in ${name} goes up only where it may`, () => {
    const own = { headers: [name, `${prefix}client-key-of-ours`] }
    const foreign = { headers: [name, `${prefix}client-own-key`] }
    const sent = (upstream: object, request: Request) => planned({ ...upstream }, request).headers.slice(0, -2)
    for (const passCredential of [true, false]) assert.deepEqual(sent({ passCredential }, own), [])
    assert.deepEqual(sent({ passCredential: false }, foreign), [])
    assert.deepEqual(planned({ passCredential: true }, foreign).headers.slice(-2), foreign.headers)
  })

test('a credential in the query goes up only where it may', () => {
  const target = (key: string) => `/v1beta/models/m:generateContent?key=${key}&alt=json`
  const query = (passCredential: boolean, key: string) =>
    planned({ passCredential }, { target: target(key) }).url.search
  assert.equal(query(true, 'client-key-of-ours'), '?alt=json')
  assert.equal(query(false, 'client-own-key'), '?alt=json')
  assert.equal(query(true, 'client-own-key'), '?alt=json&key=client-own-key')
})

test("the upstream's key goes in the slot of the dialect, and with it no other", () => {
  const upstream = { apiKey: 'key-of-the-upstream', passCredential: true }
  const headers = ['x-api-key', 'client-own-key']
  for (const [target, expected] of [
    ['/v1/chat/completions', ['authorization', 'Bearer key-of-the-upstream']],
    ['/v1/responses', ['authorization', 'Bearer key-of-the-upstream']],
    ['/v1/messages', ['x-api-key', 'key-of-the-upstream']],
    ['/v1beta/models/m:generateContent?key=client-own-key', ['x-goog-api-key', 'key-of-the-upstream']],
  ] as const) {
    const made = planned(upstream, { target, headers })
    assert.deepEqual(made.headers, ['accept-encoding', 'identity', ...expected])
    assert.equal(made.url.search, '')
  }
})

const RULES = {
  upstreams: { one: UPSTREAM, two: { dialects: { chat: 'http://two.test/v1' } } },
  models: [
    { match: 'fast', upstream: 'two', model: 'qwen3:8b', timeouts: { idleMs: 900_000 } },
    { match: 'g-*', upstream: 'one', model: 'models/other name' },
    { match: 'claude-*', upstream: 'one' },
  ],
}

test('a rule chooses the upstream, its name for the model, and its times; nothing else changes in the body', () => {
  const body = '{ "messages" : [{"model":"fast"}], "model" : "fast", "seed":12345678901234567890 }'
  const made = plan(RULES, { body }) as Plan
  assert.equal(made.url.href, 'http://two.test/v1/chat/completions')
  assert.equal(toUtf8(made.target.body), body.replace('"model" : "fast"', '"model" : "qwen3:8b"'))
  assert.deepEqual(made.model, { requested: 'fast', sent: 'qwen3:8b' })
  assert.deepEqual(made.target.edits, ['model'])
  assert.deepEqual([made.budgets.idleMs, made.budgets.headMs], [900_000, 300_000])
})

test('a model in the path is renamed there', () => {
  const made = plan(RULES, { target: '/v1beta/models/g-3:streamGenerateContent?alt=sse', body: '{"contents":[]}' })
  assert.equal(
    (made as Plan).url.href,
    'http://up.test/v1beta/models/models/other%20name:streamGenerateContent?alt=sse',
  )
})

test('a model that no rule matches is refused with the rules that there are', () => {
  const { code, message } = refused(RULES, { body: '{"model":"gpt-4o"}' })
  assert.equal(code, 'not-found')
  assert.match(message, /model "gpt-4o".*fast, g-\*, claude-\*/)
})

test('a path that only the upstream itself can serve is a clear 400 where it speaks another dialect', () => {
  const { status, message } = refused(RULES, { target: '/v1/messages/batches', body: '{"model":"fast"}' })
  assert.equal(status, 400)
  assert.match(message, /messages dialect.*two \(chat\)/)
})

test('a request that names no model goes to the first upstream that speaks its dialect', () => {
  const made = plan(RULES, { method: 'GET', target: '/v1/files', body: '' }) as Plan
  assert.deepEqual([made.upstream.name, made.url.href], ['one', 'http://up.test/v1/files'])
  assert.equal(made.wants, 'whole')
  const { status } = refused({ upstreams: { two: RULES.upstreams.two } }, { target: '/v1/messages/batches', body: '' })
  assert.equal(status, 404)
})

test('a body that is no request is refused before anybody is chosen', () => {
  for (const body of ['', 'null', '[]', '{"model":"m"', '{"model":"m","stream":"yes"}'])
    assert.equal(refused(RULES, { body }).status, 400, body)
})

test('a stream is asked for its usage where the client did not say and the upstream is to be asked', () => {
  const stream = '{"model":"m","stream":true}'
  const asked = planned({}, { body: stream })
  assert.equal(toUtf8(asked.target.body), '{"model":"m","stream":true,"stream_options":{"include_usage":true}}')
  assert.deepEqual([asked.wants, asked.target.edits], ['stream', ['usage-frame']])
  assert.equal(toUtf8(planned({ usage: 'never' }, { body: stream }).target.body), stream)
  for (const body of ['{"model":"m"}', '{"model":"m","stream":true,"stream_options":{"include_usage":false}}'])
    assert.equal(toUtf8(planned({}, { body }).target.body), body)
})

test('what goes up can never choose where', () => {
  const headers = ['host', 'evil.test', 'x-forwarded-host', 'evil.test', 'x-upstream', 'http://evil.test']
  const body = '{"model":"m","base_url":"http://evil.test","upstream":"evil"}'
  for (const target of ['/v1/chat/completions?base_url=http://evil.test', '/v1/embeddings?@evil.test'])
    assert.equal(planned({}, { target, headers, body }).url.host, 'up.test')
})

const ASKED = '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"context_management":{}}'
const FOREIGN = { dialects: { chat: 'http://up.test/v1', gemini: 'http://up.test/v1beta' } }

function convertedPlan(upstream: Readonly<Record<string, unknown>>, headers: RawHeaders = []): Plan {
  const made = plan(
    { upstreams: { up: { ...FOREIGN, ...upstream } } },
    { target: '/v1/messages?beta=true', body: ASKED, headers },
  )
  assert.ok(!('code' in made), JSON.stringify(made))
  return made
}

test('a request is converted to the first dialect of the upstream that it can be converted to', () => {
  const made = convertedPlan({})
  assert.deepEqual([made.dialect.name, made.url.href], ['chat', 'http://up.test/v1/chat/completions'])
  assert.deepEqual(JSON.parse(toUtf8(made.target.body)).messages, [{ role: 'user', content: 'Hi' }])
  assert.ok(made.conversion?.requestLosses.all.some(({ path }) => path === '/native/members/context_management'))
})

test('headers of the other dialect stay here, the credential goes up in the slot of the upstream', () => {
  const headers = [
    ...['Content-Type', 'application/json', 'anthropic-version', '2023-06-01', 'x-app', 'cli', 'x-team', 'blue'],
    ...['x-api-key', 'sk-client', 'Accept', '*/*'],
  ]
  const common = ['x-team', 'blue', 'accept-encoding', 'identity', 'content-type', 'application/json']
  const accept = ['accept', 'application/json']
  assert.deepEqual(convertedPlan({ apiKey: 'sk-ours' }, headers).headers, [
    ...common,
    ...accept,
    ...['authorization', 'Bearer sk-ours'],
  ])
  assert.deepEqual(convertedPlan({ passCredential: true }, headers).headers.slice(-2), [
    'authorization',
    'Bearer sk-client',
  ])
  assert.equal(convertedPlan({ passCredential: false }, headers).headers.includes('sk-client'), false)
})

test('losses are refused where the configuration or the client says so', () => {
  for (const [losses, headers] of [
    ['refuse', []],
    ['report', ['x-millrace-losses', 'refuse']],
  ] as const) {
    const { status, message } = refused(
      { upstreams: { up: FOREIGN }, losses },
      { target: '/v1/messages', body: ASKED, headers },
    )
    assert.equal(status, 400)
    assert.match(message, /\/native\/members\/context_management/)
  }
})

test('an upstream that only streams is asked for a stream, one that never does for a whole answer', () => {
  const whole = planned({ streamOnly: true }, { headers: ['accept', 'application/json'] })
  assert.equal(toUtf8(whole.target.body), '{"model":"m","stream":true,"stream_options":{"include_usage":true}}')
  assert.deepEqual([whole.wants, whole.asks, whole.target.edits], ['whole', 'stream', ['stream', 'usage-frame']])
  assert.deepEqual(whole.headers.slice(-2), ['accept', 'text/event-stream'])
  const stream = planned({ streaming: false }, { body: '{"model":"m","stream":true}' })
  assert.deepEqual([toUtf8(stream.target.body), stream.asks], ['{"model":"m","stream":false}', 'whole'])
  const converted = convertedPlan({ streamOnly: true })
  assert.deepEqual([converted.asks, JSON.parse(toUtf8(converted.target.body)).stream], ['stream', true])
})

test('an array of Gemini is relayed, and written anew where the upstream cannot give one', () => {
  const target = '/v1beta/models/m:streamGenerateContent'
  const asked = { target, body: '{"contents":[{"parts":[{"text":"Hi"}]}]}' }
  const { wants, asks, framing, url } = planned({}, asked)
  assert.deepEqual([wants, asks, framing, url.search], ['whole', 'whole', 'events', ''])
  for (const [upstream, asks, href] of [
    [{ streamOnly: true }, 'stream', 'http://up.test/v1beta/models/m:streamGenerateContent?alt=sse'],
    [{ streaming: false }, 'whole', 'http://up.test/v1beta/models/m:generateContent?alt=json'],
    [{ dialects: { chat: BOTH } }, 'stream', 'http://up.test/v1/chat/completions'],
  ] as const) {
    const plan = planned(upstream, asked)
    assert.deepEqual([plan.wants, plan.asks, plan.framing, plan.url.href], ['stream', asks, 'array', href])
    assert.equal(plan.conversion?.framing, 'array')
  }
})
