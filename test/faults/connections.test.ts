/** Connections to the upstream: which ones serve another request, and which are given up. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { suite, test } from 'node:test'
import { getHeader } from '../../src/http/index.ts'
import { eventually } from '../eventually.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { CHUNKED, chunk, LAST_CHUNK, Upstream } from '../http-client/upstream.ts'
import { RawClient } from '../raw-client.ts'
import { askRaw, streamRequest } from '../sdk/raw.ts'

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
  /** The client leaves when it has read this; otherwise it stays to the end. */
  readonly leavesAfter?: string
  readonly isReused: boolean
}

const CASES: readonly Case[] = [
  { name: 'after the end of a stream', model: 'whole', isReused: true },
  { name: 'after a stream that told an error', model: 'failing', isReused: true },
  { name: 'after an error answer', model: 'refused', isReused: true },
  { name: 'when the client left after the last event', model: 'trailing', leavesAfter: '[DONE]', isReused: true },
  { name: 'when the client left in mid-stream', model: 'stalled', leavesAfter: 'Hi', isReused: false },
  { name: 'when the upstream fell silent', model: 'stalled', isReused: false },
]

suite('a connection to the upstream', { concurrency: true }, () => {
  for (const { name, model, leavesAfter, isReused } of CASES)
    test(`is ${isReused ? 'used again' : 'given up'} ${name}`, async () => {
      await using upstream = await Upstream.start(answer)
      const gateway = await startTestGateway(upstream.url.origin, { timeouts: { idleMs: 300 } })
      if (leavesAfter === undefined) await stay(gateway, model)
      else await leave(gateway, model, leavesAfter)
      assert.equal(await stay(gateway, 'whole'), 'completed')
      assert.equal(upstream.sockets.length, isReused ? 1 : 2)
      if (!isReused) await eventually(() => upstream.sockets[0]?.closed || undefined)
      await gateway.close()
    })
})

function answer(socket: Socket, request: string): void {
  const [, model = ''] = /"model":"(\w+)"/.exec(request) ?? []
  for (const piece of ANSWERS[model] ?? []) socket.write(piece)
  // Long after the client has left.
  if (model === 'trailing') setTimeout(() => socket.write(LAST_CHUNK), 150)
}

/** The outcome of a stream that the client reads to its end. */
async function stay(gateway: TestGateway, model: string): Promise<string> {
  const { headers } = await askRaw(gateway.url, streamRequest('chat', model))
  return (await gateway.report(getHeader(headers, 'x-millrace-request-id'))).outcome
}

async function leave({ url, report }: TestGateway, model: string, after: string): Promise<void> {
  const { host, port } = new URL(url)
  const { path, body } = streamRequest('chat', model)
  const client = await RawClient.post(Number(port), path, JSON.parse(`${body}`), {
    host,
    'content-type': 'application/json',
  })
  await client.until(client => client.body.includes(after))
  client.leave()
  await report(/^x-millrace-request-id: (.*)$/im.exec(client.head)?.[1])
}
