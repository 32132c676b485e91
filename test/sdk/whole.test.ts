/** Answers in one piece, through the gateway and straight from the upstream. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import type { DialectName } from '../../src/dialects/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import { startTestGateway } from '../gateway.ts'

const simulator = await startSimulator()
const gateway = await startTestGateway(simulator.url)
after(async () => {
  await gateway.close()
  await simulator.close()
})

/** What an SDK says of an answer, and which of it the report has to repeat. */
interface Whole {
  readonly answer: object
  readonly usage: { readonly input: number | undefined; readonly output: number | undefined }
  readonly headers: Headers
}

type Ask = (url: string, model: string) => Promise<Whole>

const TURN = { role: 'user', content: 'Hello' } as const

const ASK: Readonly<Record<DialectName, Ask>> = {
  async chat(url, model) {
    const { chat } = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0 })
    const { data, response } = await chat.completions.create({ model, messages: [TURN] }).withResponse()
    const usage = { input: data.usage?.prompt_tokens, output: data.usage?.completion_tokens }
    return { answer: data, usage, headers: response.headers }
  },
  async responses(url, model) {
    const { responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0 })
    const { data, response } = await responses.create({ model, input: [TURN] }).withResponse()
    const usage = { input: data.usage?.input_tokens, output: data.usage?.output_tokens }
    return { answer: data, usage, headers: response.headers }
  },
  async messages(url, model) {
    const { messages } = new Anthropic({ baseURL: url, apiKey: 'sk-ant-client', maxRetries: 0 })
    const { data, response } = await messages.create({ model, messages: [TURN], max_tokens: 100 }).withResponse()
    const { input_tokens, cache_read_input_tokens, output_tokens } = data.usage
    const usage = { input: input_tokens + (cache_read_input_tokens ?? 0), output: output_tokens }
    return { answer: data, usage, headers: response.headers }
  },
  async gemini(url, model) {
    const { models } = new GoogleGenAI({ apiKey: 'AIza-client', httpOptions: { baseUrl: url } })
    const { sdkHttpResponse, ...answer } = await models.generateContent({ model, contents: 'Hello' })
    const { promptTokenCount, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = answer.usageMetadata ?? {}
    const usage = { input: promptTokenCount, output: candidatesTokenCount + thoughtsTokenCount }
    return { answer, usage, headers: new Headers(sdkHttpResponse?.headers) }
  },
}

const FINISHES = [
  ['sim/story', 'stop'],
  ['sim/thinking', 'stop'],
  ['sim/tools', 'tool-calls'],
  ['sim/length', 'length'],
] as const

for (const [dialect, ask] of Object.entries(ASK)) {
  for (const [model, reason] of FINISHES) {
    test(`the SDK gets the whole answer of ${model} in ${dialect} as the upstream gives it`, async () => {
      const direct = await ask(simulator.url, model)
      const through = await ask(gateway.url, model)
      assert.deepEqual(through.answer, direct.answer)

      const report = await gateway.report(through.headers.get('x-millrace-request-id'))
      assert.partialDeepStrictEqual(report, {
        shape: 'whole',
        lane: 'relay',
        outcome: 'completed',
        finish: { reason },
        usage: { ...through.usage, provenance: 'reported' },
        model: { requested: model, sent: model, reported: model },
      })
      assert.deepEqual(report.edits, [])
    })
  }
}
