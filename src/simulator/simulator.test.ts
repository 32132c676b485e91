import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ask, DIALECTS, STREAMS } from '../../test/simulated.ts'
import { type SeenRequest, startSimulator } from './index.ts'

const simulator = await startSimulator()
after(() => simulator.close())

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(simulator.url + path, { method: 'POST', body: JSON.stringify(body), headers })
}

async function seen(isIt: (last: SeenRequest | undefined) => boolean): Promise<SeenRequest> {
  while (!isIt(simulator.requests().at(-1))) await new Promise(setImmediate)
  return simulator.requests().at(-1) as SeenRequest
}

test('what came is told as it came, keys and all', async () => {
  const [path, body] = STREAMS.messages
  const headers = { 'X-Api-Key': 'sk-ant-1', 'Anthropic-Beta': 'one' }
  await (await post(`${path}?beta=true`, body, headers)).text()
  const last = await seen(request => request?.complete === true)
  assert.deepEqual([last.method, last.path, last.dialect], ['POST', '/v1/messages?beta=true', 'messages'])
  assert.equal(last.body, JSON.stringify(body))
  assert.equal(last.headers[last.headers.indexOf('X-Api-Key') + 1], 'sk-ant-1')
  assert.deepEqual([last.status, last.frames, last.hungUp, last.hungUpMs], [200, 19, false, null])
})

for (const dialect of DIALECTS) {
  test(`${dialect}: a client that leaves in mid-stream is seen to leave`, async () => {
    const client = await ask(simulator, dialect, 'fault=stall')
    await client.until(({ body }) => body.length > 0)
    assert.equal(simulator.requests().at(-1)?.hungUp, false)
    client.leave()
    const last = await seen(request => request?.hungUp === true)
    assert.equal(last.complete, false)
    assert.ok(Number(last.hungUpMs) >= 0)
  })
}

test('a server that cuts is not a client that leaves', async () => {
  for (const fault of ['reset', 'fin']) {
    await (await ask(simulator, 'chat', `fault=${fault}`)).closed()
    const { complete, hungUp } = simulator.requests().at(-1) as SeenRequest
    assert.deepEqual([complete, hungUp], [false, false])
  }
})

test('GET /__sim/requests lists what came since, DELETE forgets it', async () => {
  await (await post('/v1/embeddings', { model: 'e', input: 'flour' })).text()
  const last = simulator.requests().at(-1)?.seq ?? 0
  const list = async (since: number): Promise<SeenRequest[]> =>
    (await fetch(`${simulator.url}/__sim/requests?since=${since}`)).json() as Promise<SeenRequest[]>
  assert.deepEqual(
    (await list(last - 1)).map(({ seq, path }) => [seq, path]),
    [[last, '/v1/embeddings']],
  )
  assert.deepEqual(await list(last), [])
  assert.equal((await fetch(`${simulator.url}/__sim/requests`, { method: 'DELETE' })).status, 204)
  assert.deepEqual(simulator.requests(), [])
})

test('the same request is answered with the same bytes', async () => {
  const [path, body] = STREAMS.responses
  assert.equal(await (await post(path, body)).text(), await (await post(path, body)).text())
})

test('settings with `times` hold for so many calls of models, counted by their text', async () => {
  const status = async (model: string, path = '/v1/messages', sim = '') =>
    (await post(path, { model, messages: [] }, { 'x-sim': sim })).status
  const model = 'sim/echo;status=429,times=2'
  const counted = await status(model, '/v1/messages/count_tokens')
  assert.deepEqual([counted, await status(model), await status(model), await status(model)], [429, 429, 429, 200])
  assert.equal(await status('gpt-x', '/v1/chat/completions', 'status=503,times=1'), 503)
  assert.equal(await status('gpt-x', '/v1/chat/completions', 'status=503,times=1'), 200)
  assert.equal(await status('sim/error;times=1'), 500)
  assert.equal(await status('sim/error;times=1'), 500)
})

const GRIND = { name: 'grind', description: 'Grinds' }
const SACKS = { type: 'object', properties: { sacks: { type: 'integer' } } }
const SCRIPT = 'call grind {"sacks":2}\nsay It said: {result}'
const SCRIPTED = { role: 'user', content: SCRIPT }
const FREELY = { role: 'user', content: SCRIPT.replace('{"sacks":2}', '"two"') }
const ASKED_OF_GEMINI = { role: 'user', parts: [{ text: SCRIPT }] }

/** A request of each dialect, what comes with the result in place of the conversation, and the call between them. */
const AGENTS = {
  '/v1/chat/completions': [
    { messages: [SCRIPTED], tools: [{ type: 'function', function: { ...GRIND, parameters: SACKS } }] },
    { messages: [SCRIPTED, { role: 'tool', tool_call_id: 'a', content: 'fine' }] },
    '"name":"grind","arguments":"{\\"sacks\\":2}"',
  ],
  '/v1/responses': [
    { input: [FREELY], tools: [{ type: 'namespace', name: 'mill', tools: [{ type: 'custom', ...GRIND }] }] },
    { input: [FREELY, { type: 'custom_tool_call_output', call_id: 'a', output: 'fine' }] },
    '"name":"grind","namespace":"mill","input":"two"',
  ],
  '/v1/messages': [
    { messages: [SCRIPTED], tools: [{ ...GRIND, input_schema: SACKS }] },
    { messages: [SCRIPTED, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'fine' }] }] },
    '"name":"grind","input":{"sacks":2}',
  ],
  '/v1beta/models/sim/agent:generateContent': [
    { contents: [ASKED_OF_GEMINI], tools: [{ functionDeclarations: [{ ...GRIND, parameters: SACKS }] }] },
    {
      contents: [
        ASKED_OF_GEMINI,
        { role: 'user', parts: [{ functionResponse: { name: 'grind', response: { output: 'fine' } } }] },
      ],
    },
    '"name":"grind","args":{"sacks":2}',
  ],
} as const

for (const [path, [asks, goesOn, call]] of Object.entries(AGENTS)) {
  test(`sim/agent calls the tool that it is told to, and says what came of it: ${path}`, async () => {
    const heard = async (body: object) => (await post(path, { model: 'sim/agent', ...body })).text()
    const called = await heard(asks)
    assert.ok(called.includes(call), called)
    const answered = await heard({ ...asks, ...goesOn })
    assert.ok(answered.includes('"It said: fine"'), answered)
  })
}

test('an unknown path is a 404 in the form of its dialect', async () => {
  const paths = ['/v1/chat/nothing', '/v1/messages/batches', '/v1beta/files', '/__sim/redirected']
  const bodies = await Promise.all(paths.map(async path => (await fetch(simulator.url + path)).json()))
  const error = { message: 'Cannot answer: there is no such route; base URLs end in /v1 or /v1beta' }
  assert.partialDeepStrictEqual(bodies, [
    { error: { ...error, type: 'invalid_request_error', code: 'model_not_found' } },
    { type: 'error', error: { ...error, type: 'not_found_error' } },
    { error: { ...error, code: 404, status: 'NOT_FOUND' } },
    { error },
  ])
})

const WRONG = [
  ['not JSON', '{"model":', /it is not JSON$/],
  ['not an object', '[]', /it is not a JSON object$/],
  ['without a model', '{}', /names no model$/],
  ['with an unknown setting', '{"model":"sim/story?pace=9"}', /Cannot use setting "pace": the settings are head, /],
] as const

for (const [what, body, message] of WRONG) {
  test(`a body ${what} is a 400 that says why`, async () => {
    const response = await fetch(`${simulator.url}/v1/messages`, { method: 'POST', body })
    assert.equal(response.status, 400)
    const { error } = (await response.json()) as { error: { type: string; message: string } }
    assert.equal(error.type, 'invalid_request_error')
    assert.match(error.message, message)
  })
}

test('every model is listed in the form of each API', async () => {
  const list = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(simulator.url + path, { headers })).json() as Promise<Record<string, Record<string, string>[]>>
  const stems = ['story', 'tools', 'agent', 'thinking', 'error', 'long', 'echo', 'length', 'refusal']
  const names = stems.map(name => `sim/${name}`)
  const { data: openai } = await list('/v1/models')
  const { data: anthropic } = await list('/v1/models', { 'anthropic-version': '2023-06-01' })
  const { models: google } = await list('/v1beta/models')
  assert.deepEqual([openai?.[0]?.object, anthropic?.[0]?.type], ['model', 'model'])
  for (const data of [openai, anthropic])
    assert.deepEqual(
      data?.map(({ id }) => id),
      names,
    )
  assert.deepEqual(
    google?.map(({ name }) => name),
    names.map(name => `models/${name}`),
  )
})

test('embeddings are numbers, or base64 of them', async () => {
  const embed = async (encoding_format: string) => {
    const response = await post('/v1/embeddings', { model: 'e', input: 'flour', encoding_format })
    return ((await response.json()) as { data: { embedding: number[] | string }[] }).data[0]?.embedding
  }
  const numbers = await embed('float')
  const bytes = Buffer.from(`${await embed('base64')}`, 'base64')
  assert.deepEqual([...new Float32Array(bytes.buffer, bytes.byteOffset, 8)], numbers)
})

test('close waits for nothing that is going on, and twice is no harm', async () => {
  const doomed = await startSimulator()
  const faults = ['nohead', 'stall', 'pings', 'drip', 'endless']
  const clients = await Promise.all(faults.map(fault => ask(doomed, 'chat', `fault=${fault}`)))
  clients.push(await ask(doomed, 'chat', 'delay=60000'))
  while (doomed.requests().length < clients.length) await new Promise(setImmediate)
  const startedAt = performance.now()
  await Promise.all([doomed.close(), doomed.close()])
  // Far from the minute that the last answer would take.
  assert.ok(performance.now() - startedAt < 20_000)
  for (const client of clients) await client.closed()
  await doomed.close()
})
