/** Conversations with tools and thinking over three turns: what the upstream sealed comes back byte for byte. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chat } from './chat.ts'
import { ANSWER, QUESTION } from './conversation.ts'
import { gemini } from './gemini.ts'
import { startHouse } from './house.ts'
import { LOOPERS } from './loopers.ts'
import { messages } from './messages.ts'
import { responses } from './responses.ts'
import type { Upstream } from './upstream.ts'

const UPSTREAMS: readonly Upstream[] = [chat, responses, messages, gemini]

for (const upstream of UPSTREAMS)
  for (const client of LOOPERS.filter(({ dialect }) => dialect !== upstream.dialect))
    test(`${client.name} loops over two tools with a ${upstream.dialect} upstream, and all tokens return`, async () => {
      await using house = await startHouse(upstream)
      assert.equal(await client.run(house.url), ANSWER)
      const [one = [], two = []] = upstream.turns
      const question = ['text', QUESTION]
      assert.deepEqual(house.requests.map(upstream.read), [[question], [question, ...one], [question, ...one, ...two]])
    })
