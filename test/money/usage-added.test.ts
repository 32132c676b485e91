/** What a client is told that asks for the cost, read by the clients that are strict about what they read. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { DIALECTS, type DialectName } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import { PriceCatalogue } from '../../src/prices/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import { type GatewaySetup, startTestGateway, type TestGateway } from '../gateway.ts'
import { CLIENTS, type Client, type Shape } from '../matrix/clients/index.ts'
import { askRaw, pathOf, type RawQuestion, streamRequest } from '../sdk/raw.ts'

const NAMES = Object.values(DIALECTS).map(({ name }) => name)
const SHAPES: readonly Shape[] = ['stream', 'whole']
const MODELS = ['sim/thinking', 'sim/tools'] as const
const OVERRIDES = [{ match: 'sim/*', input: 1, output: 5, cacheRead: 0.1 }]

const simulator = await startSimulator()
const gateways = new Map<string, TestGateway>()
after(async () => {
  for (const gateway of gateways.values()) await gateway.close()
  await simulator.close()
})

/** A gateway whose upstream speaks that dialect only. */
async function gatewayTo(dialect: DialectName, setup: GatewaySetup['upstream'] = {}): Promise<TestGateway> {
  const name = JSON.stringify([dialect, setup])
  const known = gateways.get(name)
  if (known !== undefined) return known
  const dialects = { [dialect]: `${simulator.url}/${dialect === 'gemini' ? 'v1beta' : 'v1'}` }
  const priceBook = await PriceCatalogue.bundled({ overrides: OVERRIDES })
  const gateway = await startTestGateway(simulator.url, { upstream: { dialects, ...setup }, priceBook })
  gateways.set(name, gateway)
  return gateway
}

/** Asks for the cost as well, and keeps what came. */
function asking(headers: Readonly<Record<string, string>>) {
  const kept: { id?: string | null; edits?: string | null; body?: Promise<string> } = {}
  const wrapped: typeof fetch = async (input, init) => {
    const all = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    const response = await fetch(input, { ...init, headers: all })
    kept.id = response.headers.get('x-millrace-request-id')
    kept.edits = response.headers.get('x-millrace-edits')
    kept.body = response.clone().text()
    return response
  }
  return { kept, fetch: wrapped }
}

/** What two answers to one question cannot share. */
function plain(told: object): unknown {
  return JSON.parse(JSON.stringify(told, (name, value) => (name === 'id' ? null : value)))
}

async function askBoth(gateway: TestGateway, client: Client, shape: Shape, model: string): Promise<void> {
  const silent = asking({})
  const told = asking({ 'x-millrace-usage': 'include' })
  const expected = await client[shape]({ url: gateway.url, model, fetch: silent.fetch })
  const actual = await client[shape]({ url: gateway.url, model, fetch: told.fetch })
  const { usage: _, ...rest } = expected
  const { usage, ...said } = actual
  assert.deepEqual(plain(said), plain(rest))
  const report = await gateway.report(told.kept.id)
  assert.equal(usage?.output, report.usage.output)
  const body = (await told.kept.body) as string
  const notes = [...body.matchAll(/"millrace":(\{[^}]*\})/g)].map(([, json]) => JSON.parse(json as string))
  assert.deepEqual(notes, [{ cost_usd: report.cost?.usd, price_source: 'config', provenance: 'reported' }])
  assert.ok(report.edits.includes('usage-added'))
  assert.equal(/"millrace":\{/.test((await silent.kept.body) as string), false)
}

for (const upstream of NAMES)
  describe(`the cost of answers from ${upstream}`, () => {
    for (const client of CLIENTS)
      for (const shape of SHAPES)
        test(`${client.name} reads its ${shape} answer as without it`, async () => {
          const gateway = await gatewayTo(upstream)
          for (const model of MODELS) await askBoth(gateway, client, shape, model)
        })
  })

describe('answers that are turned', () => {
  for (const client of CLIENTS) {
    test(`${client.name} is told the cost of what is collected from a stream`, async () => {
      await askBoth(await gatewayTo(client.dialect, { streamOnly: true }), client, 'whole', 'sim/thinking')
    })
    test(`${client.name} is told the cost of a stream that is made of a whole answer`, async () => {
      await askBoth(await gatewayTo(client.dialect, { streaming: false }), client, 'stream', 'sim/thinking')
    })
  }
})

const INCLUDE = ['x-millrace-usage', 'include']

async function ask(gateway: TestGateway, question: RawQuestion, headers: readonly string[] = []) {
  const answer = await askRaw(gateway.url, { ...question, headers: [...(question.headers ?? []), ...headers] })
  return {
    ...answer,
    text: answer.body.toString(),
    report: await gateway.report(getHeader(answer.headers, 'x-millrace-request-id')),
  }
}

/** Ids and times of an answer, which differ from one to the next. */
const masked = (text: string) =>
  text
    .replaceAll(/"(id|responseId|created|created_at|completed_at|sequence_number)":("[^"]*"|\d+)/g, '"$1":0')
    .replaceAll(/"(item_id|call_id|response_id|signature|encrypted_content|thoughtSignature)":"[^"]*"/g, '"$1":0')

for (const dialect of NAMES) {
  test(`in relay of ${dialect} nothing but the member is added`, async () => {
    const gateway = await gatewayTo(dialect)
    const members = dialect === 'chat' ? { stream_options: { include_usage: true } } : {}
    const question = streamRequest(dialect, 'sim/story', dialect === 'gemini' ? {} : members)
    const silent = await ask(gateway, question)
    const told = await ask(gateway, question, INCLUDE)
    assert.equal(masked(told.text.replace(/,"millrace":\{[^}]*\}/, '')), masked(silent.text))
    assert.notEqual(told.text.length, silent.text.length)
    assert.equal(told.report.lane, 'edit')
    assert.deepEqual(told.report.edits, ['usage-added'])
    assert.equal(silent.report.lane, 'relay')
  })
  test(`a whole body of ${dialect} says its length, and nothing but the member is added`, async () => {
    const gateway = await gatewayTo(dialect)
    const stream = streamRequest(dialect, 'sim/story')
    const body = JSON.stringify({ ...JSON.parse(stream.body as string), stream: undefined })
    const question = { ...stream, path: pathOf(dialect, 'sim/story', false), body }
    const silent = await ask(gateway, question)
    const told = await ask(gateway, question, INCLUDE)
    assert.equal(masked(told.text.replace(/,"millrace":\{[^}]*\}/, '')), masked(silent.text))
    assert.equal(getHeader(told.headers, 'x-millrace-edits'), 'usage-added')
    assert.ok(told.isComplete)
  })
}

test('a chat client that asked for the cost gets the usage frame that it did not ask for', async () => {
  const gateway = await gatewayTo('chat')
  const question = streamRequest('chat', 'sim/story')
  assert.match(
    (await ask(gateway, question, INCLUDE)).text,
    /"usage":\{[^\n]*"millrace":\{"cost_usd":0\.\d+,"price_source":"config"/,
  )
  assert.doesNotMatch((await ask(gateway, question)).text, /"usage":\{/)
})

test('who says that it wants no usage gets none', async () => {
  const question = streamRequest('chat', 'sim/story', { stream_options: { include_usage: false } })
  for (const upstream of ['chat', 'messages'] as const) {
    const { text, report } = await ask(await gatewayTo(upstream), question, INCLUDE)
    assert.doesNotMatch(text, /"usage":\{|millrace/)
    assert.deepEqual(report.edits, [])
  }
})

test('an array of Gemini is left as it is', async () => {
  for (const upstream of ['gemini', 'chat'] as const) {
    const question = { ...streamRequest('gemini', 'sim/story'), path: '/v1beta/models/sim/story:streamGenerateContent' }
    const { text } = await ask(await gatewayTo(upstream), question, INCLUDE)
    assert.doesNotMatch(text, /millrace/)
  }
})

test('a cost that is not known is null, and the header stays here', async () => {
  const gateway = await gatewayTo('messages')
  const { text } = await ask(gateway, streamRequest('messages', 'gpt-4o'), INCLUDE)
  assert.match(text, /"millrace":\{"cost_usd":null,"price_source":null,"provenance":"reported"\}/)
})

test('an answer that breaks off says no cost', async () => {
  for (const dialect of NAMES) {
    const gateway = await gatewayTo(dialect)
    const { text, report } = await ask(gateway, streamRequest(dialect, 'sim/story'), [
      ...INCLUDE,
      'x-sim',
      'fault=close',
    ])
    assert.equal(report.outcome, 'truncated', dialect)
    assert.doesNotMatch(text, /"millrace":/, dialect)
  }
})
