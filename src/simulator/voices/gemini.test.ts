/** The official SDK, with its strict helpers, straight against the simulator. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { GoogleGenAI } from '@google/genai'
import { SCHEMA, TEXTS, USER } from '../../../test/simulated.ts'
import { startSimulator } from '../index.ts'
import { THOUGHT, TOOLS_DONE } from '../texts.ts'

const simulator = await startSimulator()
after(() => simulator.close())
const google = new GoogleGenAI({ apiKey: 'sk-test', httpOptions: { baseUrl: simulator.url } })

const stream = async (model: string, config: object = {}) =>
  Array.fromAsync(await google.models.generateContentStream({ model, contents: USER, config }))

for (const [model, text] of TEXTS) {
  test(`gemini: ${model} says the same as a stream and whole`, async () => {
    const chunks = await stream(model)
    const whole = await google.models.generateContent({ model, contents: USER })
    const visible = chunks
      .flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
      .filter(part => !part.thought)
    assert.equal(visible.map(part => part.text).join(''), text)
    assert.equal(whole.text, text)
    assert.equal(chunks.at(-1)?.candidates?.[0]?.finishReason, model === 'sim/length' ? 'MAX_TOKENS' : 'STOP')
    assert.deepEqual(chunks.at(-1)?.usageMetadata, whole.usageMetadata)
  })
}

test('gemini: sim/thinking thinks, and signs the last part', async () => {
  const parts = (await stream('sim/thinking')).flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
  assert.equal(parts.map(part => (part.thought ? part.text : '')).join(''), THOUGHT)
  assert.match(`${parts.at(-1)?.thoughtSignature}`, /^c2lt/)
})

test('gemini: sim/tools calls two functions', async () => {
  const functionDeclarations = ['get_flour', 'get_bread'].map(name => ({ name, parametersJsonSchema: SCHEMA }))
  const chunks = await stream('sim/tools', { tools: [{ functionDeclarations }] })
  assert.deepEqual(
    chunks.flatMap(chunk => chunk.functionCalls ?? []).map(({ name, args }) => [name, args]),
    [
      ['get_flour', { days: 1 }],
      ['get_bread', { days: 1 }],
    ],
  )
})

test('gemini: sim/tools answers in text once it has the results', async () => {
  const contents = [{ role: 'user', parts: [{ functionResponse: { name: 'get_flour', response: { sacks: 3 } } }] }]
  assert.equal((await google.models.generateContent({ model: 'sim/tools', contents })).text, TOOLS_DONE)
})

test('gemini: sim/refusal blocks the prompt', async () => {
  const chunks = await stream('sim/refusal')
  assert.equal(chunks.at(-1)?.promptFeedback?.blockReason, 'PROHIBITED_CONTENT')
})

test('gemini: settings stand behind a semicolon, and errors are told with their status', async () => {
  await assert.rejects(stream('sim/story;status=429,retryafter=3'), { status: 429 })
  await assert.rejects(stream('sim/story;fault=error'), { status: 503 })
})

test('gemini: models are listed', async () => {
  const models = await Array.fromAsync(await google.models.list())
  assert.ok(models.some(({ name }) => name === 'models/sim/story'))
})
