/** Conversations with tools and thinking over three turns: what the upstream sealed comes back byte for byte. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startTestGateway } from '../../gateway.ts'
import { chat } from './chat.ts'
import { ANSWER, QUESTION, SECOND_THOUGHT, THOUGHT } from './conversation.ts'
import { gemini } from './gemini.ts'
import { LOOPERS } from './loopers.ts'
import { messages } from './messages.ts'
import { responses } from './responses.ts'
import type { Said, Upstream } from './upstream.ts'

const UPSTREAMS: readonly Upstream[] = [chat, responses, messages, gemini]

for (const upstream of UPSTREAMS)
  for (const client of LOOPERS.filter(({ dialect }) => dialect !== upstream.dialect))
    test(`${client.name} loops over two tools with a ${upstream.dialect} upstream, and all tokens return`, async () => {
      await using house = await startHouse(upstream)
      assert.equal(await client.run(house.url), ANSWER)
      const [one = [], two = []] = client.dropsThoughts ? upstream.turns.map(withoutThoughts) : upstream.turns
      const question = ['text', QUESTION]
      assert.deepEqual(house.requests.map(upstream.read), [[question], [question, ...one], [question, ...one, ...two]])
    })

function withoutThoughts(turn: readonly Said[]): readonly Said[] {
  return turn.map(said => said.map(value => (value === THOUGHT || value === SECOND_THOUGHT ? '' : value)))
}

interface House extends AsyncDisposable {
  readonly url: string
  /** The bodies that the upstream has got. */
  readonly requests: readonly unknown[]
}

/** A gateway on an upstream that gives its answers one after the other. */
async function startHouse({ dialect, answers }: Upstream): Promise<House> {
  const requests: unknown[] = []
  const server = createServer(async (request, response) => {
    requests.push(JSON.parse(await text(request)))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(answers[requests.length - 1])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const gateway = await startTestGateway(origin, { upstream: { dialects: { [dialect]: `${origin}/v1` } } })
  return {
    url: gateway.url,
    requests,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
