/** An upstream that answers in whole bodies, for clients of its own dialect that stream. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { ANSWER, QUESTION, THOUGHT } from './conversation.ts'
import { startHouse } from './house.ts'

/** As OpenRouter has them: pieces of several formats, with tokens that only their makers can read. */
const DETAILS = [
  { type: 'reasoning.text', text: THOUGHT, signature: 'EqQBCgIYAhIM+/==', format: 'anthropic-claude-v1', index: 0 },
  { type: 'reasoning.encrypted', data: 'gAAAAB+/==', id: 'rs_1', format: 'openai-responses-v1', index: 1 },
]

test('a chat provider’s reasoning comes in its own members, and goes back byte for byte', async () => {
  await using house = await startHouse({
    dialect: 'chat',
    mediaType: 'application/json',
    answers: [completion({ reasoning: THOUGHT, reasoning_details: DETAILS }), completion({})],
  })
  const client = new OpenAI({ baseURL: `${house.url}/v1`, apiKey: 'sk-client', maxRetries: 0 })
  const question = { role: 'user', content: QUESTION } as const
  const deltas: Thinking[] = []
  const stream = client.chat.completions.stream({ model: 'mill', messages: [question] })
  for await (const { choices } of stream) for (const { delta } of choices) deltas.push(delta as Thinking)
  const reasoning = deltas.map(({ reasoning = '' }) => reasoning).join('')
  const reasoning_details = deltas.flatMap(({ reasoning_details = [] }) => reasoning_details)
  assert.deepEqual([reasoning, reasoning_details], [THOUGHT, DETAILS])
  const turn = { role: 'assistant', content: ANSWER, reasoning, reasoning_details } as const
  await client.chat.completions.stream({ model: 'mill', messages: [question, turn, question] }).finalMessage()
  const [, second] = house.requests as readonly { readonly messages: unknown }[]
  assert.deepEqual(second?.messages, [question, turn, question])
})

interface Thinking {
  readonly reasoning?: string
  readonly reasoning_details?: readonly object[]
}

function completion(members: object): string {
  const message = { role: 'assistant', content: ANSWER, refusal: null, ...members }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
  return JSON.stringify({ id: 'gen-1', object: 'chat.completion', created: 1_780_000_000, model: 'mill', choices })
}
