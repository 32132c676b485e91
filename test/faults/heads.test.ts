/** What an upstream can answer in place of a good stream, and what it becomes for client and report. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type DialectName, DIALECTS as dialects } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import { startTestGateway } from '../gateway.ts'
import { Upstream } from '../http-client/upstream.ts'
import { askRaw, streamRequest } from '../sdk/raw.ts'
import { READERS } from '../sdk/readers.ts'
import { DIALECTS } from '../simulated.ts'
import { WORDS } from './endings.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy } from './sdks.ts'

type Code = NonNullable<StreamReport['error']>['code']

/** What a status means, and the word for it in each dialect. */
const STATUSES: readonly (readonly [status: number, code: Code, words: Record<DialectName, string | number | null>])[] =
  [
    [400, 'bad-request', { chat: null, responses: null, messages: 'invalid_request_error', gemini: 400 }],
    [401, 'unauthorized', both('invalid_api_key', 'authentication_error', 401)],
    [403, 'forbidden', both('unsupported_country_region_territory', 'permission_error', 403)],
    [404, 'not-found', both('model_not_found', 'not_found_error', 404)],
    [413, 'too-large', both('request_too_large', 'request_too_large', 413)],
    [429, 'rate-limited', both('rate_limit_exceeded', 'rate_limit_error', 429)],
    [500, 'upstream', { chat: null, responses: null, messages: 'api_error', gemini: 500 }],
    [503, 'overloaded', { chat: null, responses: null, messages: 'api_error', gemini: 503 }],
    [529, 'overloaded', { chat: null, responses: null, messages: 'overloaded_error', gemini: 529 }],
  ]

function both(openai: string, messages: string, gemini: number): Record<DialectName, string | number> {
  return { chat: openai, responses: openai, messages, gemini }
}

/** What providers say beside an error, and clients wait by. */
const KEPT: Record<DialectName, readonly string[]> = {
  chat: ['retry-after', 'x-request-id', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-tokens'],
  responses: ['retry-after', 'x-request-id', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-tokens'],
  messages: ['retry-after', 'request-id', 'anthropic-ratelimit-requests-reset', 'anthropic-ratelimit-tokens-limit'],
  gemini: ['retry-after', 'x-request-id', 'server-timing'],
}

/** Answers that are no stream and no error: each becomes an error, with a status of ours. */
const NEITHER = ['status=204', 'status=301', 'status=302', 'status=307', 'shape=whole', 'padding=70000']

/** Faults of whole bodies: the client gets nothing of a body that does not come to its end. */
const HALVES: readonly (readonly [fault: string, status: number, code: Code])[] = [
  ['nohead', 504, 'timeout'],
  ['stall,at=head', 504, 'timeout'],
  ['stall,at=middle', 504, 'timeout'],
  ['reset,at=accept', 502, 'upstream'],
  ['reset,at=middle', 502, 'upstream'],
  ['fin,at=middle', 502, 'upstream'],
  ['badchunk,at=middle', 502, 'upstream'],
  ['close,at=head', 502, 'truncated'],
  ['close,at=middle', 502, 'truncated'],
]

suite('an upstream that answers', { concurrency: 32 }, () => {
  let house: House
  before(async () => {
    const timeouts = { wholeHeadMs: 500, firstTokenMs: 1000 }
    house = await startHouse({ models: [{ match: 'hasty', upstream: 'upstream', model: 'mill', timeouts }] })
  })
  after(() => house.close())

  for (const dialect of DIALECTS) {
    for (const [status, code, words] of STATUSES)
      test(`${dialect}: ${status} is ${code} to the SDK as well`, async () => {
        const headers = { 'x-sim': `status=${status},retryafter=7` }
        const told = await ask(dialect, { url: house.url, model: 'mill', headers })
        const report = await house.report(told.headers.get('x-millrace-request-id'))
        assert.equal(told.status, status)
        assert.equal((told.error as { status?: unknown }).status, status)
        assert.equal(heardBy(dialect, told), words[dialect])
        assert.deepEqual(
          KEPT[dialect].filter(name => !told.headers.has(name)),
          [],
        )
        assert.equal(told.headers.get('retry-after'), '7')
        assert.partialDeepStrictEqual(report, { outcome: 'failed', status, error: { code } })
      })

    const isExpanded = dialects[dialect].codec !== undefined
    if (isExpanded)
      test(`${dialect}: shape=whole is told as the stream that says the same`, async () => {
        const told = await ask(dialect, { url: house.url, model: 'mill', headers: { 'x-sim': 'shape=whole' } })
        assert.equal(told.error, undefined)
        assert.match(told.text, /Löwenbrück/)
        const report = await house.report(told.headers.get('x-millrace-request-id'))
        assert.partialDeepStrictEqual(report, { outcome: 'completed', shape: 'expand' })
      })

    for (const settings of NEITHER.filter(settings => settings !== 'shape=whole' || !isExpanded))
      test(`${dialect}: ${settings} is an error, never silence`, async () => {
        const told = await ask(dialect, { url: house.url, model: 'mill', headers: { 'x-sim': settings } })
        const report = await house.report(told.headers.get('x-millrace-request-id'))
        assert.equal(told.status, 502)
        assert.ok(told.error instanceof READERS[dialect].apiError)
        assert.equal(told.headers.get('location'), null)
        assert.partialDeepStrictEqual(report, { outcome: 'failed', status: 502, error: { code: 'upstream' } })
      })

    for (const encoding of ['gzip', 'br', 'zstd'])
      test(`${dialect}: ${encoding}, which nobody asked for, is decoded`, async () => {
        const plain = await ask(dialect, { url: house.url, model: 'mill', headers: { 'x-sim': 'words=20' } })
        const coded = await ask(dialect, {
          url: house.url,
          model: 'mill',
          headers: { 'x-sim': `words=20,encoding=${encoding},cut=random` },
        })
        assert.equal(coded.error, undefined)
        assert.equal(coded.text, plain.text)
        assert.equal(coded.headers.get('content-encoding'), null)
        const { edits } = await house.report(coded.headers.get('x-millrace-request-id'))
        assert.ok(edits.includes('decoded'))
      })

    test(`${dialect}: a stream without a content type is a stream`, async () => {
      const told = await ask(dialect, { url: house.url, model: 'mill', headers: { 'x-sim': 'words=3,type=none' } })
      assert.equal(told.error, undefined)
      assert.equal(told.headers.get('content-type'), 'text/event-stream')
    })

    for (const [fault, status, code] of HALVES)
      test(`${dialect}: a whole body with fault=${fault} is a ${status}`, async () => {
        const model = code === 'timeout' ? 'hasty' : 'mill'
        const { path, headers = [] } = streamRequest(dialect, model)
        const answer = await askRaw(house.url, {
          path: path.replace(':streamGenerateContent?alt=sse', ':generateContent'),
          headers: [...headers, 'x-sim', `fault=${fault}`],
          body: JSON.stringify({ model }),
        })
        const report = await house.report(getHeader(answer.headers, 'x-millrace-request-id'))
        assert.equal(answer.status, status, `${answer.body}`)
        assert.equal(JSON.parse(`${answer.body}`).error.message, report.error?.message)
        assert.deepEqual([report.status, report.error?.code], [status, code])
      })
  }
})

test('an upstream that nobody serves is a 502 in every dialect', async () => {
  const { origin } = await freeUrl()
  await checkUnreachable(origin, /connection refused/)
})

test('an upstream that does not speak TLS is a 502 in every dialect', async () => {
  const plain = await startSimulator()
  await checkUnreachable(plain.url.replace('http:', 'https:'), /no TLS could be agreed on/)
  await plain.close()
})

async function checkUnreachable(origin: string, message: RegExp): Promise<void> {
  const gateway = await startTestGateway(origin)
  for (const dialect of DIALECTS) {
    const told = await ask(dialect, { url: gateway.url, model: 'mill' })
    assert.equal(told.status, 502)
    assert.equal(heardBy(dialect, told), WORDS.upstream[dialect])
    const { outcome, error, attempts } = await gateway.report(told.headers.get('x-millrace-request-id'))
    assert.deepEqual([outcome, error?.code, attempts], ['failed', 'upstream', 1])
    assert.match(error?.message ?? '', message)
  }
  await gateway.close()
}

/** Where somebody has just stopped to listen. */
async function freeUrl(): Promise<URL> {
  await using upstream = await Upstream.start(() => {})
  return upstream.url
}
