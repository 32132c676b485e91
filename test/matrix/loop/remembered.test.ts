/** Clients that send back only what they know: their seals are put back where they are remembered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import type { Log } from '../../../src/observe/index.ts'
import { ANSWER, QUESTION, THOUGHT } from './conversation.ts'
import { gemini } from './gemini.ts'
import { startHouse } from './house.ts'
import { FORGETFUL } from './loopers.ts'
import { answerOfThought, messages, SECRETS } from './messages.ts'
import { responses } from './responses.ts'

for (const upstream of [responses, messages, gemini])
  test(`a forgetful client of ${upstream.dialect} is given its tokens back where they are remembered`, async () => {
    const log: unknown[] = []
    await using house = await startHouse(upstream, { seals: { remember: 9 }, log: noting(log) })
    assert.equal(await FORGETFUL.run(house.url), ANSWER)
    const [one = [], two = []] = upstream.turns
    const question = ['text', QUESTION]
    assert.deepEqual(house.requests.map(upstream.read), [[question], [question, ...one], [question, ...one, ...two]])
    const written = JSON.stringify(log)
    for (const secret of [...SECRETS, THOUGHT]) assert.equal(written.includes(secret), false)
  })

test('a forgetful client goes on without its reasoning where nothing is remembered', async () => {
  await using house = await startHouse(messages)
  assert.equal(await FORGETFUL.run(house.url), ANSWER)
  const turns = messages.turns.flat().filter(([sort]) => sort !== 'thinking' && sort !== 'redacted')
  assert.deepEqual(messages.read(house.requests[2]), [['text', QUESTION], ...turns])
})

const KEYS = ['first-key-of-a-client', 'second-key-of-a-client'] as const

test('what one key was answered is not put back for another one', async () => {
  const answers = Array.from({ length: 3 }, answerOfThought)
  await using house = await startHouse({ ...messages, answers }, { seals: { remember: 9 }, server: { keys: KEYS } })
  const question = { role: 'user', content: 'Dry?' } as const
  const ask = async (apiKey: string, ...asked: OpenAI.ChatCompletionMessageParam[]) => {
    const client = new OpenAI({ baseURL: `${house.url}/v1`, apiKey, maxRetries: 0 })
    await client.chat.completions.stream({ model: 'mill', messages: asked }).finalMessage()
    return messages.read(house.requests.at(-1)).map(([sort]) => sort)
  }
  const told = [question, { role: 'assistant', content: ANSWER }, { role: 'user', content: 'Sure?' }] as const
  await ask(KEYS[0], question)
  assert.deepEqual(await ask(KEYS[1], ...told), ['text', 'text', 'text'])
  assert.deepEqual(await ask(KEYS[0], ...told), ['text', 'thinking', 'text', 'text'])
})

function noting(lines: unknown[]): Log {
  const note = (record: unknown, message: string) => void lines.push([record, message])
  return { info: note, warn: note, error: note }
}
