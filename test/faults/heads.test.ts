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
import { ask, heardBy, withoutMadeUp } from './sdks.ts'
import { CONVERTED, CROSSING, isStreamed, modelOf, rulesFor, TRANSPORTS, titleOf, type Way, wantsOf } from './ways.ts'

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

/** The words of a failure to a client of another dialect. */
const CROSSED: Readonly<Partial<Record<Code, Record<DialectName, string | number | null>>>> = {
  'bad-request': { chat: null, responses: null, messages: 'invalid_request_error', gemini: 400 },
  unauthorized: both('invalid_api_key', 'authentication_error', 401),
  forbidden: both('permission_denied', 'permission_error', 403),
  'not-found': both('not_found', 'not_found_error', 404),
  'too-large': both('request_too_large', 'request_too_large', 413),
  'rate-limited': both('rate_limit_exceeded', 'rate_limit_error', 429),
  upstream: both('upstream_error', 'api_error', 500),
}

function crossed(code: Code, client: DialectName, status: number): string | number | null | undefined {
  if (code === 'overloaded') return client === 'gemini' ? status : WORDS.overloaded[client]
  return CROSSED[code]?.[client]
}

/** Bodies of an error that are no error of any API. */
const BODIES = ['html', 'empty', 'null', 'binary'] as const

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
    const models = [
      { match: 'hasty', upstream: 'upstream', model: 'mill', timeouts },
      ...rulesFor({ mill: {} }, 'mill'),
    ]
    house = await startHouse({ models })
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
  }

  for (const way of [...CROSSING, ...CONVERTED.whole, ...CONVERTED.stream.filter(({ shape }) => shape === 'collect')]) {
    const { client, upstream } = way
    const tell = (settings: string) =>
      ask(client, { url: house.url, model: modelOf(way, 'mill'), headers: { 'x-sim': settings } }, wantsOf(way))

    for (const [status, code, words] of STATUSES)
      test(`${titleOf(way)}: ${status} is ${code} to the SDK as well`, async () => {
        const told = await tell(`status=${status},retryafter=7`)
        const report = await house.report(told.headers.get('x-millrace-request-id'))
        assert.equal(told.status, status)
        assert.equal((told.error as { status?: unknown }).status, status)
        assert.equal(heardBy(client, told), client === upstream ? words[client] : crossed(code, client, status))
        assert.deepEqual(
          KEPT[upstream].filter(name => !told.headers.has(name)),
          [],
        )
        assert.equal(told.headers.get('retry-after'), '7')
        assert.partialDeepStrictEqual(report, { outcome: 'failed', status, error: { code } })
      })

    for (const body of BODIES)
      test(`${titleOf(way)}: a 502 with a body that is ${body} is an error in the words of the client`, async () => {
        const told = await tell(`status=502,body=${body}`)
        const report = await house.report(told.headers.get('x-millrace-request-id'))
        assert.equal(told.status, 502)
        assert.equal(heardBy(client, told), WORDS.upstream[client])
        assert.equal(told.headers.get('content-type'), 'application/json')
        assert.deepEqual([report.status, report.error?.code], [502, 'upstream'])
      })

    for (const settings of NEITHER.filter(settings => settings !== 'shape=whole'))
      test(`${titleOf(way)}: ${settings} is an error, never silence`, async () => {
        const told = await tell(settings)
        const report = await house.report(told.headers.get('x-millrace-request-id'))
        assert.equal(told.status, 502)
        assert.equal(heardBy(client, told), WORDS.upstream[client])
        assert.equal(told.headers.get('location'), null)
        assert.partialDeepStrictEqual(report, { outcome: 'failed', status: 502, error: { code: 'upstream' } })
      })

    for (const encoding of ['gzip', 'br', 'zstd'])
      test(`${titleOf(way)}: ${encoding}, which nobody asked for, is decoded`, async () => {
        const plain = await tell('words=20')
        const coded = await tell(`words=20,encoding=${encoding},cut=random`)
        assert.equal(coded.error, undefined)
        assert.equal(withoutMadeUp(coded.text), withoutMadeUp(plain.text))
        assert.equal(coded.headers.get('content-encoding'), null)
        const { edits } = await house.report(coded.headers.get('x-millrace-request-id'))
        assert.ok(edits.includes('decoded'))
      })

    for (const shape of ['whole', 'stream'] as const)
      test(`${titleOf(way)}: an answer that comes as a ${shape} is told as the client asked`, async () => {
        const told = await tell(`shape=${shape}`)
        assert.equal(told.error, undefined)
        assert.match(told.text, /Löwenbrück/)
        const report = await house.report(told.headers.get('x-millrace-request-id'))
        assert.partialDeepStrictEqual(report, { outcome: 'completed', shape: MET[wantsOf(way)][sentAs(shape, way)] })
        const type = wantsOf(way) === 'stream' ? 'text/event-stream' : 'application/json'
        assert.equal(told.headers.get('content-type')?.split(';')[0], type)
      })
  }
})

for (const { transport } of TRANSPORTS)
  suite(`a whole body that ${transport} asks for`, { concurrency: 32 }, () => {
    let house: House
    before(async () => {
      const timeouts = { wholeHeadMs: 500, firstTokenMs: 1000 }
      house = await startHouse({
        transport,
        models: [{ match: 'hasty', upstream: 'upstream', model: 'mill', timeouts }],
      })
    })
    after(() => house.close())

    for (const dialect of DIALECTS)
      for (const [fault, status, code] of HALVES)
        test(`${dialect}: with fault=${fault} is a ${status}`, async () => {
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
  })

/** What a stream is that nobody has asked for: of Gemini one body, a JSON array. */
function sentAs(shape: 'stream' | 'whole', way: Way): 'stream' | 'whole' {
  return way.upstream === 'gemini' && !isStreamed(way) ? 'whole' : shape
}

/** The shape of an answer by what the client wants and what the upstream sends. */
const MET = {
  stream: { stream: 'stream', whole: 'expand' },
  whole: { stream: 'collect', whole: 'whole' },
} as const

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
    assert.deepEqual([outcome, error?.code, attempts.length], ['failed', 'upstream', 1])
    assert.match(error?.message ?? '', message)
  }
  await gateway.close()
}

/** Where somebody has just stopped to listen. */
async function freeUrl(): Promise<URL> {
  await using upstream = await Upstream.start(() => {})
  return upstream.url
}
