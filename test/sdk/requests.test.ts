/** Requests of real clients, and what of them reaches the upstream. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { RawHeaders } from '../../src/http/index.ts'
import { type ClientRequest, clientRequests, requestBodies } from '../corpus.ts'
import { type GatewaySetup, startTestGateway } from '../gateway.ts'
import { answerWith, Upstream } from '../http-client/upstream.ts'
import { askRaw, pathOf, type RawQuestion, streamRequest } from './raw.ts'

const upstream = await Upstream.start(socket => socket.write(answerWith('{}', 'Content-Type: application/json')))
after(() => upstream[Symbol.asyncDispose]())

/** A request as it came over the wire. */
interface Seen {
  readonly text: string
  readonly target: string
  /** `name: value`, names in lower case. */
  readonly lines: readonly string[]
  readonly body: string
}

async function send(setup: GatewaySetup, question: RawQuestion): Promise<Seen> {
  const gateway = await startTestGateway(upstream.url.origin, setup)
  await askRaw(gateway.url, question)
  await gateway.close()
  const text = Buffer.from(upstream.requests.at(-1) ?? '', 'latin1').toString('utf8')
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  const [requestLine = '', ...fields] = head.split('\r\n')
  const lines = fields.map(line => line.replace(/^[^:]+/, name => name.toLowerCase()))
  return { text, target: requestLine.split(' ')[1] ?? '', lines, body }
}

/** What a client says to the gateway only, or about its own connection and body. */
const STAYS_HERE =
  /^(?:host|connection|content-length|accept-encoding|authorization|x-api-key|x-goog-api-key|sec-[\w-]*):/

const SLOT = /^(?:authorization|x-api-key|x-goog-api-key):/

for (const request of clientRequests()) {
  const { client, path, query, body } = request
  const target = path.replace('/v1/models/', '/v1beta/models/') + query
  const said = linesOf(request)

  test(`${client} reaches the upstream with body, query and headers as they were sent`, async () => {
    const seen = await send({ upstream: { passCredential: true } }, toQuestion(request))
    assert.equal(seen.target, target)
    assert.equal(seen.body, `${body}`)
    assert.deepEqual(
      seen.lines.filter(line => !STAYS_HERE.test(line)),
      said.filter(line => !STAYS_HERE.test(line)),
    )
    assert.deepEqual(
      seen.lines.filter(line => SLOT.test(line)),
      said.filter(line => SLOT.test(line)),
    )
    assert.ok(seen.lines.includes('accept-encoding: identity'))
    assert.ok(seen.lines.includes(`content-length: ${body.length}`))
    assert.ok(seen.lines.includes(`host: ${upstream.url.host}`))
  })

  test(`${client} asks for another model, and says the same otherwise`, async () => {
    const models = [{ match: '*', upstream: 'upstream', model: 'other/mill' }]
    const seen = await send({ models }, toQuestion(request))
    assert.equal(seen.target, target.replace(/models\/.*:/, 'models/other/mill:'))
    assert.equal(seen.body, `${body}`.replace(/"model":"[^"]*"/, '"model":"other/mill"'))
  })
}

for (const { file, dialect, stream, body } of requestBodies()) {
  test(`${file} reaches the upstream byte for byte`, async () => {
    const { body: seen } = await send({}, toJsonRequest(pathOf(dialect, 'mill', stream), body))
    const isAsked = dialect === 'chat' && stream && !`${body}`.includes('include_usage')
    assert.equal(
      isAsked ? seen.replace(/,\s*"stream_options":\{"include_usage":true\}(?=\s*\}\s*$)/, '') : seen,
      `${body}`,
    )
    assert.equal(seen.length > `${body}`.length, isAsked)
  })
}

const ODD =
  '\n{ "model" : "mill","stream":true, "__proto__":{"a":1},\t"big":12345678901234567890.10, "far":1e400,"messages":[{"role":"user","content":"\\ud83d {\\"model\\":\\"x\\"}"}],"top":1,"top":2 }\r\n'

const ODD_ASKING = ODD.replace('"top":2', '"top":2,"stream_options":{"include_usage":true}')

test('numbers, duplicates, blanks and lone surrogates are not touched by an edit beside them', async () => {
  const { body } = await send({}, toJsonRequest('/v1/chat/completions', ODD))
  assert.equal(body, ODD_ASKING)
})

test('a client that does not want usage is not given any', async () => {
  const { body, headers = [], path } = streamRequest('chat', 'mill', { stream_options: { include_usage: false } })
  const seen = await send({}, { path, headers, body: `${body}` })
  assert.equal(seen.body, body)
})

test('repeated headers cross as separate lines, and those of the connection do not', async () => {
  const question = streamRequest('messages', 'mill')
  const sent = ['Anthropic-Beta', 'one', 'anthropic-beta', 'two', 'Connection', 'close, X-Hop', 'X-Hop', '1']
  const seen = await send({}, { ...question, headers: [...(question.headers ?? []), ...sent] })
  assert.deepEqual(
    seen.lines.filter(line => /beta|hop|x-/.test(line)),
    ['anthropic-beta: one', 'anthropic-beta: two'],
  )
})

const CLIENT_KEY = 'mill-client-81b7a3d2f6'
const UPSTREAM_KEY = 'mill-upstream-4f9d2c71e8'

const SLOTS: readonly (readonly [name: string, headers: RawHeaders, query: string])[] = [
  ['Authorization', ['Authorization', `Bearer ${CLIENT_KEY}`], ''],
  ['x-api-key', ['x-api-key', CLIENT_KEY], ''],
  ['x-goog-api-key', ['x-goog-api-key', CLIENT_KEY], ''],
  ['?key=', [], `&key=${CLIENT_KEY}`],
]

for (const [slot, headers, query] of SLOTS) {
  const question = streamRequest('gemini', 'mill')
  const asked = { ...question, path: question.path + query, headers: [...(question.headers ?? []), ...headers] }

  test(`a client's credential in ${slot} goes up in its slot where that is allowed, and nowhere else`, async () => {
    const passed = await send({ upstream: { passCredential: true } }, asked)
    const line = headers.length === 0 ? [] : [`${headers[0]?.toLowerCase()}: ${headers[1]}`]
    assert.equal(passed.target, asked.path)
    assert.deepEqual(
      passed.lines.filter(line => SLOT.test(line)),
      line,
    )
    const kept = await send({}, asked)
    assert.equal(kept.target, question.path)
    assert.doesNotMatch(kept.text, new RegExp(CLIENT_KEY))
  })

  test(`a key of the gateway's own in ${slot} never goes up`, async () => {
    const seen = await send({ server: { keys: [CLIENT_KEY] }, upstream: { passCredential: true } }, asked)
    assert.equal(seen.target, question.path)
    assert.doesNotMatch(seen.text, new RegExp(CLIENT_KEY))
  })

  test(`the upstream's key replaces a credential in ${slot}`, async () => {
    const seen = await send({ upstream: { apiKey: UPSTREAM_KEY, passCredential: true } }, asked)
    assert.deepEqual(
      seen.lines.filter(line => SLOT.test(line)),
      [`x-goog-api-key: ${UPSTREAM_KEY}`],
    )
    assert.equal(seen.target, question.path)
    assert.doesNotMatch(seen.text, new RegExp(CLIENT_KEY))
  })
}

function toQuestion({ method, path, query, headers, body }: ClientRequest): RawQuestion {
  // Host and length are said by whoever sends.
  const { host: _host, 'content-length': _length, ...others } = headers
  return { method, path: path + query, headers: Object.entries(others).flat(), body }
}

function toJsonRequest(path: string, body: Uint8Array | string): RawQuestion {
  return { path, headers: ['content-type', 'application/json'], body }
}

function linesOf({ headers }: ClientRequest): readonly string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
}
