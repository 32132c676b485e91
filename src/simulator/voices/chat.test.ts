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

const messages = [{ role: 'user' as const, content: USER }]
const stream = (model: string, more: object = {}) =>
  openai.chat.completions.stream({ model, messages, stream_options: { include_usage: true }, ...more })

for (const [model, text] of TEXTS) {
  test(`chat: ${model} says the same as a stream and whole`, async () => {
    const streamed = await stream(model).finalChatCompletion()
    const whole = await openai.chat.completions.create({ model, messages })
    assert.equal(streamed.choices[0]?.message.content, text)
    assert.equal(whole.choices[0]?.message.content, text)
    assert.equal(streamed.choices[0]?.finish_reason, model === 'sim/length' ? 'length' : 'stop')
    assert.equal(whole.choices[0]?.finish_reason, streamed.choices[0]?.finish_reason)
    assert.deepEqual(streamed.usage, whole.usage)
    assert.equal(streamed.id, whole.id)
    assert.equal(whole.model, model)
  })
}

test('chat: usage is sent to those who ask', async () => {
  const chunks = await Array.fromAsync(
    await openai.chat.completions.create({ model: 'sim/echo', messages, stream: true }),
  )
  assert.ok(chunks.every(chunk => !('usage' in chunk)))
  const { usage } = await stream('sim/thinking').finalChatCompletion()
  assert.deepEqual(usage, {
    prompt_tokens: 84,
    completion_tokens: 39,
    total_tokens: 123,
    prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 24,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  })
})

test('chat: sim/thinking streams its reasoning and a signature', async () => {
  const chunks = await Array.fromAsync(
    await openai.chat.completions.create({ model: 'sim/thinking', messages, stream: true }),
  )
  const deltas = chunks.map(chunk => chunk.choices[0]?.delta as { reasoning?: string; reasoning_details?: object[] })
  assert.equal(deltas.map(({ reasoning = '' }) => reasoning).join(''), THOUGHT)
  assert.ok(deltas.some(({ reasoning_details = [] }) => reasoning_details.some(detail => 'signature' in detail)))
})

test('chat: sim/tools calls two of the tools that were offered, in parallel', async () => {
  const tools = ['get_flour', 'get_bread', 'get_rich'].map(name => {
    return { type: 'function' as const, function: { name, parameters: SCHEMA } }
  })
  const streamed = await stream('sim/tools', { tools }).finalChatCompletion()
  const whole = await openai.chat.completions.create({ model: 'sim/tools', messages, tools })
  assert.equal(streamed.choices[0]?.finish_reason, 'tool_calls')
  const calls = whole.choices[0]?.message.tool_calls?.map(call => call.type === 'function' && call.function)
  assert.deepEqual(calls, [
    { name: 'get_flour', arguments: '{"days":1}' },
    { name: 'get_bread', arguments: '{"days":1}' },
  ])
  const ids = (completion: typeof whole) => completion.choices[0]?.message.tool_calls?.map(({ id }) => id)
  assert.deepEqual(ids(streamed), ids(whole))
})

test('chat: sim/tools answers in text once it has the results', async () => {
  const history = [...messages, { role: 'tool' as const, tool_call_id: 'call_1', content: '3 sacks' }]
  const { choices } = await openai.chat.completions.create({ model: 'sim/tools', messages: history })
  assert.equal(choices[0]?.message.content, TOOLS_DONE)
  assert.equal(choices[0]?.finish_reason, 'stop')
})

test('chat: sim/refusal refuses in the member made for it', async () => {
  const streamed = await stream('sim/refusal').finalChatCompletion()
  const whole = await openai.chat.completions.create({ model: 'sim/refusal', messages })
  assert.equal(streamed.choices[0]?.message.refusal, REFUSAL)
  assert.equal(whole.choices[0]?.message.refusal, REFUSAL)
  assert.equal(whole.choices[0]?.message.content, null)
})

test('chat: sim/error and status raise the typed errors', async () => {
  await assert.rejects(stream('sim/error').finalChatCompletion(), OpenAI.InternalServerError)
  await assert.rejects(stream('sim/error?status=429').finalChatCompletion(), OpenAI.RateLimitError)
  await assert.rejects(stream('sim/nobody').finalChatCompletion(), OpenAI.NotFoundError)
})

test('chat: an error in mid-stream raises an APIError', async () => {
  for (const at of ['head', 'middle', 'last']) {
    await assert.rejects(stream(`sim/story?fault=error,at=${at}`).finalChatCompletion(), OpenAI.APIError, at)
  }
})

test('chat: embeddings and the list of models are read', async () => {
  const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['flour', 'water'] })
  assert.deepEqual(
    data.map(({ embedding }) => embedding.length),
    [8, 8],
  )
  const models = await Array.fromAsync(openai.models.list())
  assert.ok(models.some(({ id }) => id === 'sim/story'))
})
