/** A thousand clients that ask and do not read. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../eventually.ts'
import { askRaw, streamRequest } from '../sdk/raw.ts'
import type { Holdings } from './gateway-process.ts'
import { LoadedGateway } from './loaded-gateway.ts'

const READERS = 1000
const MiB = 1024 * 1024

/**
 * What the gateway may hold for a reader: some reads of 64 KiB on their way (in the parser, in the stage,
 * as a frame of HTTP, in the socket), and the stream itself. What the system holds is not ours to bound.
 */
const BYTES_EACH = 0.75 * MiB

const CONTENT = `data: {"id":"c","choices":[{"index":0,"delta":{"content":"${'x'.repeat(16_000)}"}}]}\n\n`
const FINISH = 'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

test('a thousand stalled readers stop their upstreams, hold little memory, and disturb nobody', async () => {
  await using spring = await Spring.start()
  await using gateway = await LoadedGateway.start(spring.origin, {
    limits: { streams: READERS + 1, connections: READERS + 1 },
    timeouts: { clientStallMs: 600_000 },
  })
  const { origin } = gateway.url
  await askRaw(origin, streamRequest('chat', 'brook'))
  const empty = await gateway.holdings()

  const readers = Array.from({ length: READERS }, () => stall(gateway.url))
  await spring.flowing(READERS)
  const full = await settled(gateway)
  const heldBytes = full.rssBytes - empty.rssBytes
  assert.ok(heldBytes < READERS * BYTES_EACH, `${heldBytes / MiB} MiB`)

  const answer = await askRaw(origin, streamRequest('chat', 'brook'))
  assert.equal(answer.isComplete, true)

  for (const reader of readers) reader.destroy()
  await spring.dry()
  const { complaints } = await eventually(async () => {
    const after = await gateway.holdings()
    // A connection on either side is kept for another request.
    const { TCPSocketWrap: sockets = 0 } = after.resources
    return after.liveBytes - empty.liveBytes < 8 * MiB && sockets <= 2 ? after : undefined
  }, 200)
  assert.deepEqual(complaints, [])
})

/** What is held when it grows no more: the upstreams have more, and nobody takes it. */
async function settled(gateway: LoadedGateway): Promise<Holdings> {
  let last = await gateway.holdings()
  return eventually(async () => {
    const before = last
    await sleep(1000)
    last = await gateway.holdings()
    return last.rssBytes - before.rssBytes < 4 * MiB ? last : undefined
  })
}

function stall({ port, hostname, host }: URL): Socket {
  const { path, body } = streamRequest('chat', 'ocean')
  const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json`
  const socket = connect(Number(port), hostname).pause()
  // Leaving with so much unread is a reset.
  socket.on('error', () => {})
  socket.write(`${head}\r\ncontent-length: ${body?.length}\r\n\r\n${body}`)
  return socket
}

/** An upstream that never runs dry, but for those who want a brook only. */
class Spring implements AsyncDisposable {
  readonly #open = new Set<ServerResponse>()
  readonly #server = createServer((request, response) => this.#serve(request, response))

  static async start(): Promise<Spring> {
    const spring = new Spring()
    await once(spring.#server.listen(0, '127.0.0.1'), 'listening')
    return spring
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves when so many streams are open. */
  async flowing(count: number): Promise<void> {
    while (this.#open.size < count) await sleep(20)
  }

  /** Resolves when none is. */
  async dry(): Promise<void> {
    while (this.#open.size > 0) await sleep(20)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [body] = (await once(request, 'data')) as [Buffer]
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (body.includes('brook')) {
      response.end(FINISH)
      return
    }
    this.#open.add(response)
    response.on('close', () => this.#open.delete(response)).on('drain', () => pour(response))
    pour(response)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

function pour(response: ServerResponse): void {
  let hasRoom = true
  while (hasRoom && !response.destroyed) hasRoom = response.write(CONTENT)
}
