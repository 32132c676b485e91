/** Error answers as providers sent them, raised by the official SDKs. */
import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { type RecordedError, recordedErrors } from '../corpus.ts'
import { startTestGateway } from '../gateway.ts'
import { Upstream } from '../http-client/upstream.ts'
import { askRaw, streamRequest } from './raw.ts'
import { assertRaised, faceOf, readStream } from './readers.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

const OWN_ERRORS: readonly RecordedError[] = [
  {
    dialect: 'chat',
    provider: 'openai',
    status: 429,
    headers: { ...JSON_TYPE, 'x-ratelimit-remaining-tokens': '0' },
    body: { error: { message: 'Slow down', type: 'tokens', param: null, code: 'rate_limit_exceeded' } },
  },
  {
    dialect: 'responses',
    provider: 'openai',
    status: 500,
    headers: JSON_TYPE,
    body: { error: { message: 'The wheel broke — sorry', type: 'server_error', param: null, code: null } },
  },
  {
    dialect: 'messages',
    provider: 'anthropic',
    status: 529,
    headers: JSON_TYPE,
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
  },
  {
    dialect: 'gemini',
    provider: 'google',
    status: 503,
    headers: JSON_TYPE,
    body: { error: { code: 503, message: 'The model is overloaded', status: 'UNAVAILABLE' } },
  },
]

/** What comes with every error beside its own headers. */
const IDS = { 'x-request-id': 'req_up', 'request-id': 'req_up', 'retry-after': '7' }

for (const error of [...OWN_ERRORS, ...recordedErrors()]) {
  const { dialect, provider, status, body } = error
  const words = wordsOf(body)
  test(`the SDK raises "${words.slice(0, 60)}" of ${provider}, ${status} in ${dialect}`, async () => {
    const bytes = Buffer.from(JSON.stringify(body))
    await using upstream = await startUpstream(status, { ...error.headers, ...IDS }, bytes)
    const gateway = await startTestGateway(upstream.url.origin)
    const direct = await readStream(upstream.url.origin, dialect, 'mill')
    const through = await readStream(gateway.url, dialect, 'mill')
    const raw = await askRaw(gateway.url, streamRequest(dialect, 'mill'))
    const report = await gateway.report(through.headers.get('x-millrace-request-id'))
    await gateway.close()

    assert.equal(raw.status, status)
    assertRaised(through.error, dialect, words)
    if (isOwnForm(dialect, body)) {
      assert.equal(`${raw.body}`, `${bytes}`)
      assert.deepEqual(faceOf(through.error), faceOf(direct.error))
      assert.equal(through.headers.get('content-type'), direct.headers.get('content-type'))
    }
    const { 'content-type': _, ...crossing } = error.headers
    assertCrossed(through.headers, { ...crossing, ...IDS })
    assert.partialDeepStrictEqual(report, { outcome: 'failed', status, error: { message: words }, finish: null })
  })
}

/** What stands in front of an API says. */
const PAGES: readonly (readonly [status: number, headers: Readonly<Record<string, string>>, body: Buffer])[] = [
  [502, { 'content-type': 'text/html' }, Buffer.from('<html><h1>502 Bad Gateway</h1></html>')],
  [500, {}, Buffer.alloc(0)],
  [503, JSON_TYPE, Buffer.from('null')],
  [504, { 'content-type': 'application/octet-stream' }, Buffer.of(0xff, 0xfe, 0xc3, 0x28)],
]

for (const dialect of ['chat', 'responses', 'messages', 'gemini'] as const) {
  for (const [status, headers, body] of PAGES) {
    test(`the SDK raises ${status} in ${dialect}, whatever its body is`, async () => {
      await using upstream = await startUpstream(status, { ...headers, ...IDS }, body)
      const gateway = await startTestGateway(upstream.url.origin)
      const through = await readStream(gateway.url, dialect, 'mill')
      await gateway.close()

      assertRaised(through.error, dialect, `status ${status}`)
      assert.partialDeepStrictEqual(faceOf(through.error), { status })
      assertCrossed(through.headers, { 'content-type': 'application/json', ...IDS })
    })
  }
}

function assertCrossed(headers: Headers, expected: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, name)
}

function startUpstream(status: number, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Upstream> {
  const fields = { ...headers, 'content-length': body.length, connection: 'close' }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('')}\r\n`
  return Upstream.start(socket => socket.end(Buffer.concat([Buffer.from(head), body])))
}

interface ErrorBody {
  readonly type?: string
  readonly error?: { readonly message: string; readonly code?: unknown } | string
  readonly detail?: string
}

function wordsOf(body: unknown): string {
  const { error, detail = '' } = body as ErrorBody
  return typeof error === 'object' ? error.message : (error ?? detail)
}

/** Whether clients of this dialect know the form, so that the gateway has nothing to change. */
function isOwnForm(dialect: DialectName, body: unknown): boolean {
  const { type, error } = body as ErrorBody
  if (typeof error !== 'object') return false
  return dialect !== 'messages' || type === 'error'
}
