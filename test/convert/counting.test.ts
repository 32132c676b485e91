/** Who asks for the tokens of a request gets them, whatever the upstream speaks. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import type { DialectName } from '../../src/dialects/index.ts'
import { type Pairs, startPairs } from './pairs.ts'

const MESSAGES = { model: 'm', system: 'Be brief', messages: [{ role: 'user', content: 'Hello, mill' }] }
const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'Hello, mill' }] }] }

suite('counting tokens', () => {
  let pairs: Pairs
  before(async () => {
    pairs = await startPairs()
  })
  after(() => pairs.close())

  const post = (to: DialectName, path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${pairs.to(to).url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })

  for (const to of ['chat', 'responses', 'gemini'] as const)
    test(`a client of messages over ${to} gets an estimate, told as one, and no upstream is asked`, async () => {
      const asked = pairs.simulator.requests().length
      const response = await post(to, '/v1/messages/count_tokens?beta=true', MESSAGES)
      const head = ['x-millrace-estimated', 'x-millrace-edits', 'x-millrace-upstream', 'content-type']
      assert.deepEqual(
        head.map(name => response.headers.get(name)),
        ['tokens', 'estimated', 'upstream', 'application/json'],
      )
      // 3 of "Hello, mill", 2 of "Be brief", one between them, 4 around the turn.
      assert.deepEqual([response.status, await response.json()], [200, { input_tokens: 10 }])
      assert.equal(pairs.simulator.requests().length, asked)
      const report = await pairs.to(to).report(response.headers.get('x-millrace-request-id'))
      assert.partialDeepStrictEqual(report, {
        client: { dialect: 'messages' },
        upstream: { name: 'upstream', dialect: to },
        edits: ['estimated'],
        model: { requested: 'm', sent: 'm' },
        ...{ status: 200, outcome: 'completed', attempts: [] },
      })
      // Nobody is charged for a count.
      assert.equal(report.usage.provenance, 'none')
    })

  test('a client of gemini over chat gets one, for bare contents and for a whole request', async () => {
    const bare = await post('chat', '/v1beta/models/m:countTokens', GEMINI)
    assert.deepEqual([bare.headers.get('x-millrace-estimated'), await bare.json()], ['tokens', { totalTokens: 7 }])
    const systemInstruction = { parts: [{ text: 'Be brief' }] }
    const generateContentRequest = { model: 'models/m', ...GEMINI, systemInstruction }
    const whole = await post('chat', '/v1beta/models/m:countTokens', { generateContentRequest })
    assert.deepEqual(await whole.json(), { totalTokens: 10 })
  })

  test('the official clients read it', async () => {
    const { url } = pairs.to('chat')
    const anthropic = new Anthropic({ baseURL: url, apiKey: 'k' })
    const content = [{ role: 'user' as const, content: 'Hello, mill' }]
    assert.equal((await anthropic.messages.countTokens({ model: 'm', messages: content })).input_tokens, 7)
    const google = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } })
    assert.equal((await google.models.countTokens({ model: 'm', contents: 'Hello, mill' })).totalTokens, 7)
  })

  test('an upstream that can be asked is asked, and its count is no estimate', async () => {
    const response = await post('messages', '/v1/messages/count_tokens', MESSAGES)
    const own = await fetch(`${pairs.simulator.url}/v1/messages/count_tokens`, {
      method: 'POST',
      body: JSON.stringify(MESSAGES),
    })
    assert.deepEqual(await response.json(), await own.json())
    const names = ['x-millrace-estimated', 'x-millrace-lane']
    assert.deepEqual(
      names.map(name => response.headers.get(name)),
      [null, 'relay'],
    )
  })

  test('what cannot be read is a 400 in the dialect of the client', async () => {
    for (const body of ['{"model":"m","messages":7}', '{"model":"m"', '[]']) {
      const response = await post('chat', '/v1/messages/count_tokens', body)
      const said = (await response.json()) as { error: { type: string } }
      assert.deepEqual([response.status, said.error.type], [400, 'invalid_request_error'], body)
    }
  })

  test('the prompt of an agent is counted while streams go on', async () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../docs/architecture.md'), 'utf8').repeat(20)
    const counting = post('chat', '/v1/messages/count_tokens', { ...MESSAGES, system: text })
    const short = await post('chat', '/v1/messages', { ...MESSAGES, max_tokens: 10 })
    assert.equal(short.status, 200)
    const { input_tokens } = (await (await counting).json()) as { input_tokens: number }
    assert.ok(input_tokens > text.length / 8 && input_tokens < text.length / 2, `${input_tokens}`)
  })
})
