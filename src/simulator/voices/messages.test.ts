/** The official SDK, with its strict helpers, straight against the simulator. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { SCHEMA, TEXTS, USER } from '../../../test/simulated.ts'
import { startSimulator } from '../index.ts'
import { REFUSAL, THOUGHT, TOOLS_DONE } from '../texts.ts'

const simulator = await startSimulator()
after(() => simulator.close())
const anthropic = new Anthropic({ apiKey: 'sk-test', baseURL: simulator.url, maxRetries: 0 })

const ask = (model: string, more: object = {}) => ({
  ...{ model, max_tokens: 1000, messages: [{ role: 'user' as const, content: USER }] },
  ...more,
})

for (const [model, text] of [...TEXTS, ['sim/refusal', REFUSAL] as const]) {
  test(`messages: ${model} says the same as a stream and whole`, async () => {
    const streamed = await anthropic.messages.stream(ask(model)).finalMessage()
    const whole = await anthropic.messages.create(ask(model))
    assert.equal(streamed.content.map(block => (block.type === 'text' ? block.text : '')).join(''), text)
    assert.deepEqual(streamed.content, whole.content)
    assert.deepEqual(streamed.usage, whole.usage)
    assert.equal(streamed.stop_reason, whole.stop_reason)
    const reason = { 'sim/length': 'max_tokens', 'sim/refusal': 'refusal' }[model as string] ?? 'end_turn'
    assert.equal(whole.stop_reason, reason)
  })
}

test('messages: sim/thinking thinks and signs it', async () => {
  const { content } = await anthropic.messages.stream(ask('sim/thinking')).finalMessage()
  assert.ok(content[0]?.type === 'thinking')
  assert.equal(content[0].thinking, THOUGHT)
  assert.match(content[0].signature, /^c2lt/)
})

test('messages: sim/tools calls two tools, and not those that the provider runs', async () => {
  const tools = [
    { type: 'web_search_20250305' as const, name: 'web_search' as const },
    ...['get_flour', 'get_bread'].map(name => ({ name, input_schema: { ...SCHEMA, type: 'object' as const } })),
  ]
  const message = await anthropic.messages.stream(ask('sim/tools', { tools })).finalMessage()
  assert.equal(message.stop_reason, 'tool_use')
  assert.deepEqual(
    message.content.map(block => block.type === 'tool_use' && [block.name, block.input]),
    [
      ['get_flour', { days: 1 }],
      ['get_bread', { days: 1 }],
    ],
  )
})

test('messages: sim/tools answers in text once it has the results', async () => {
  const content = [{ type: 'tool_result' as const, tool_use_id: 'toolu_1', content: '3 sacks' }]
  const message = await anthropic.messages.create(ask('sim/tools', { messages: [{ role: 'user', content }] }))
  assert.deepEqual(message.content, [{ type: 'text', text: TOOLS_DONE }])
})

test('messages: errors are typed, before the stream and in it', async () => {
  const final = (model: string) => anthropic.messages.stream(ask(model)).finalMessage()
  await assert.rejects(final('sim/error?status=401'), Anthropic.AuthenticationError)
  await assert.rejects(final('sim/error?status=529'), { status: 529, type: 'overloaded_error' })
  await assert.rejects(final('sim/story?fault=error'), { type: 'overloaded_error' })
})

test('messages: tokens are counted and models listed', async () => {
  const { input_tokens } = await anthropic.messages.countTokens({ model: 'sim/story', messages: ask('').messages })
  const { usage } = await anthropic.messages.create(ask('sim/story'))
  assert.equal(input_tokens, usage.input_tokens + (usage.cache_read_input_tokens ?? 0))
  const models = await Array.fromAsync(anthropic.models.list())
  assert.ok(models.some(({ id }) => id === 'sim/story'))
})
