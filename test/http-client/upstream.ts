/** Upstreams that say exactly what a test wants, on raw sockets of the loopback interface. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Answers one request. `request` is all of it, one character a byte. */
export type Answer = (socket: Socket, request: string) => void

export class Upstream implements AsyncDisposable {
  readonly url: URL
  readonly sockets: Socket[] = []
  readonly requests: string[] = []
  readonly #server: Server
  #early: ((socket: Socket) => void) | undefined

  private constructor(server: Server, answer: Answer, protocol: string) {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port')
    this.url = new URL(`${protocol}://127.0.0.1:${address.port}/`)
    this.#server = server
    server.on(protocol === 'https' ? 'secureConnection' : 'connection', (socket: Socket) => this.#serve(socket, answer))
  }

  /** @param server a plain or a TLS server that does not listen yet */
  static async start(answer: Answer, { server = createServer(), protocol = 'http' } = {}): Promise<Upstream> {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Upstream(server, answer, protocol)
  }

  /** From now on requests are answered at their first bytes. Undefined: when they are whole, as before. */
  answersEarly(answer: ((socket: Socket) => void) | undefined): void {
    this.#early = answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket, answer: Answer): void {
    this.sockets.push(socket)
    // Resets are part of the tests.
    socket.on('error', () => {})
    let received = ''
    socket.on('data', (chunk: Buffer) => {
      if (this.#early !== undefined) return this.#early(socket)
      received += chunk.toString('latin1')
      const length = requestLength(received)
      if (length === undefined || received.length < length) return
      const request = received.slice(0, length)
      received = received.slice(length)
      this.requests.push(request)
      answer(socket, request)
    })
  }
}

/** A large answer that is written as fast as the other side reads. */
export class Pour {
  written = 0
  readonly #head: string
  readonly #body: Buffer

  constructor(head: string, body: Buffer) {
    this.#head = head
    this.#body = body
  }

  async into(socket: Socket): Promise<void> {
    socket.write(this.#head)
    const piece = 256 * 1024
    for (; this.written < this.#body.length && !socket.destroyed; this.written += piece)
      if (!socket.write(this.#body.subarray(this.written, this.written + piece))) await once(socket, 'drain')
  }

  /** Resolves when nothing has been taken for a while. */
  async stall(): Promise<void> {
    for (let seen = -1; seen !== this.written; ) {
      seen = this.written
      await sleep(50)
    }
  }
}

/** The lines of a request's head, without the request line. */
export function headerLines(request: string | undefined): string[] {
  return request?.split('\r\n\r\n')[0]?.split('\r\n').slice(1) ?? []
}

/** An answer with its length, in one write. */
export function answerWith(body: string, ...headers: string[]): string {
  return ['HTTP/1.1 200 OK', ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

export const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

export function chunk(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

export const LAST_CHUNK = '0\r\n\r\n'

function requestLength(received: string): number | undefined {
  const head = received.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, head))
  return head + 4 + Number(length?.[1] ?? 0)
}
