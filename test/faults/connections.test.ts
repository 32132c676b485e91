/** Connections to the upstream: which ones serve another request, and which are given up. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import type { Config } from '../../src/gateway/index.ts'
import { getHeader } from '../../src/http/index.ts'
import { eventually } from '../eventually.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { CHUNKED, chunk, LAST_CHUNK, Upstream } from '../http-client/upstream.ts'
import { RawClient } from '../raw-client.ts'
import { askRaw, pathOf, streamRequest } from '../sdk/raw.ts'
import { TRANSPORTS } from './ways.ts'

const HEAD = CHUNKED.replace('\r\n', '\r\nContent-Type: text/event-stream\r\n')
const HELLO = chunk('data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')
const FINISH = chunk('data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n')
const DONE = chunk('data: [DONE]\n\n')
const ERROR = chunk('data: {"error":{"message":"The wheel broke","type":"server_error","code":null}}\n\n')
const REFUSAL = 'HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

/** What the upstream says at once, by the name of the model. */
const ANSWERS: Readonly<Record<string, readonly (string | Buffer)[]>> = {
  whole: [HEAD, HELLO, FINISH, DONE, LAST_CHUNK],
  failing: [HEAD, HELLO, ERROR, LAST_CHUNK],
  refused: [REFUSAL],
  stalled: [HEAD, HELLO],
  trailing: [HEAD, HELLO, FINISH, DONE],
}

interface Case {
  readonly name: string
  readonly model: keyof typeof ANSWERS
  /** What the client has read when it leaves; otherwise it stays to the end. */
  readonly leavesAfter?: 'the first words' | 'the last event'
  readonly isReused: boolean
}

const CASES: readonly Case[] = [
  { name: 'after the end of a stream', model: 'whole', isReused: true },
  { name: 'after a stream that told an error', model: 'failing', isReused: true },
  { name: 'after an error answer', model: 'refused', isReused: true },
  {
    name: 'when the client left after the last event',
    model: 'trailing',
    leavesAfter: 'the last event',
    isReused: true,
  },
  { name: 'when the client left in mid-stream', model: 'stalled', leavesAfter: 'the first words', isReused: false },
  { name: 'when the upstream fell silent', model: 'stalled', isReused: false },
]

/** The last event of an answer, by a word in it. */
const LAST: Readonly<Record<DialectName, string>> = {
  chat: '[DONE]',
  responses: 'response.completed',
  messages: 'message_stop',
  gemini: 'finishReason',
}

for (const { transport, relayed, crossing } of TRANSPORTS)
  suite(`a connection of ${transport} to the upstream`, { concurrency: true }, () => {
    const clients = [...relayed, ...crossing].filter(({ upstream }) => upstream === 'chat').map(({ client }) => client)
    for (const client of clients) {
      for (const { name, model, leavesAfter, isReused } of CASES)
        test(`${client}: is ${isReused ? 'used again' : 'given up'} ${name}`, async () => {
          await using upstream = await Upstream.start(answer)
          const gateway = await begin(upstream, transport)
          if (leavesAfter === undefined) await stay(gateway, client, model)
          else await leave(gateway, client, model, leavesAfter === 'the last event' ? LAST[client] : 'Hi')
          assert.equal(await stay(gateway, client, 'whole'), 'completed')
          assert.equal(upstream.sockets.length, isReused ? 1 : 2)
          if (!isReused) await eventually(() => upstream.sockets[0]?.closed || undefined)
          await gateway.close()
        })

      test(`${client}: is used again after an answer that was collected, and sent before the upstream had ended`, async () => {
        await using upstream = await Upstream.start(answer)
        const gateway = await begin(upstream, transport, { streamOnly: true })
        for (const model of ['trailing', 'whole']) assert.equal(await stay(gateway, client, model, false), 'completed')
        assert.equal(upstream.sockets.length, 1)
        await gateway.close()
      })
    }
  })

/** A gateway on an upstream that speaks chat and nothing else. */
function begin({ url }: Upstream, transport: Config['transport'], members: object = {}): Promise<TestGateway> {
  const upstream = { dialects: { chat: `${url.origin}/v1` }, ...members }
  return startTestGateway(url.origin, { transport, upstream, timeouts: { idleMs: 300 } })
}

function answer(socket: Socket, request: string): void {
  const [, model = ''] = /"model":"(\w+)"/.exec(request) ?? []
  for (const piece of ANSWERS[model] ?? []) socket.write(piece)
  // Long after the client has left.
  if (model === 'trailing') setTimeout(() => socket.write(LAST_CHUNK), 150)
}

/** The outcome of an answer that the client reads to its end. */
async function stay(gateway: TestGateway, client: DialectName, model: string, isStream = true): Promise<string> {
  const { headers } = await askRaw(gateway.url, {
    ...streamRequest(client, model, isStream ? {} : { stream: false }),
    path: pathOf(client, model, isStream),
  })
  return (await gateway.report(getHeader(headers, 'x-millrace-request-id'))).outcome
}

async function leave({ url, report }: TestGateway, dialect: DialectName, model: string, after: string): Promise<void> {
  const { host, port } = new URL(url)
  const { path, body } = streamRequest(dialect, model)
  const client = await RawClient.post(Number(port), path, JSON.parse(`${body}`), {
    host,
    'content-type': 'application/json',
  })
  await client.until(client => client.body.includes(after))
  client.leave()
  await report(/^x-millrace-request-id: (.*)$/im.exec(client.head)?.[1])
}
