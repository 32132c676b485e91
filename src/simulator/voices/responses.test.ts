/** The official SDK, with its strict helpers, straight against the simulator. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import OpenAI from 'openai'
import { SCHEMA, TEXTS, USER } from '../../../test/simulated.ts'
import { startSimulator } from '../index.ts'
import { REFUSAL, THOUGHT, TOOLS_DONE } from '../texts.ts'

const simulator = await startSimulator()
after(() => simulator.close())
const openai = new OpenAI({ apiKey: 'sk-test', baseURL: `${simulator.url}/v1`, maxRetries: 0 })

const stream = (model: string, more: object = {}) => openai.responses.stream({ model, input: USER, ...more })

for (const [model, text] of TEXTS) {
  test(`responses: ${model} says the same as a stream and whole`, async () => {
    const streamed = await stream(model).finalResponse()
    const whole = await openai.responses.create({ model, input: USER })
    assert.equal(streamed.output_text, text)
    assert.equal(whole.output_text, text)
    assert.equal(streamed.status, model === 'sim/length' ? 'incomplete' : 'completed')
    assert.deepEqual(streamed.usage, whole.usage)
    assert.deepEqual(
      streamed.output.map(({ id }) => id),
      whole.output.map(({ id }) => id),
    )
  })
}

test('responses: sim/thinking reasons in a summary, sealed', async () => {
  const [item] = (await stream('sim/thinking').finalResponse()).output
  assert.ok(item?.type === 'reasoning')
  assert.deepEqual(item.summary, [{ type: 'summary_text', text: THOUGHT }])
  assert.match(`${item.encrypted_content}`, /^c2lt/)
})

test('responses: sim/tools calls two tools', async () => {
  const tools = ['get_flour', 'get_bread'].map(name => {
    return { type: 'function' as const, name, parameters: SCHEMA, strict: false }
  })
  const { output } = await stream('sim/tools', { tools }).finalResponse()
  assert.deepEqual(
    output.map(item => item.type === 'function_call' && [item.name, item.arguments]),
    [
      ['get_flour', '{"days":1}'],
      ['get_bread', '{"days":1}'],
    ],
  )
  const result = { type: 'function_call_output' as const, call_id: 'call_1', output: '3 sacks' }
  assert.equal((await stream('sim/tools', { tools, input: [result] }).finalResponse()).output_text, TOOLS_DONE)
})

test('responses: sim/refusal refuses in a part of its own', async () => {
  const [item] = (await stream('sim/refusal').finalResponse()).output
  assert.ok(item?.type === 'message')
  assert.deepEqual(item.content, [{ type: 'refusal', refusal: REFUSAL, parsed: null }])
})

test('responses: an error as first event is raised, a later one fails the response', async () => {
  await assert.rejects(stream('sim/story?fault=error,at=head').finalResponse(), OpenAI.APIError)
  const { status, error } = await stream('sim/story?fault=error').finalResponse()
  assert.equal(status, 'failed')
  assert.equal(error?.code, 'server_error')
})
