/** A client that shows what came over the socket: when, in which reads, and how the connection ended. */
import { connect, type Socket } from 'node:net'

export type Ending = 'open' | 'end' | 'reset'

const PATIENCE_MS = 5000

export class RawClient {
  /** All that came, one character a byte. */
  received = ''
  /** How many reads it came in. */
  reads = 0
  ending: Ending = 'open'
  readonly #socket: Socket
  #onChange: () => void = () => {}

  /** Connects and sends `text`; resolves when it is on its way. */
  static async send(port: number, text: string): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const client = new RawClient(socket)
    await new Promise<void>((resolve, reject) => socket.once('error', reject).write(text, () => resolve()))
    return client
  }

  /** Sends a POST with a JSON body. */
  static post(port: number, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const json = JSON.stringify(body)
    const fields = { host: '127.0.0.1', 'content-length': `${Buffer.byteLength(json)}`, ...headers }
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    return RawClient.send(port, `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${json}`)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => {
      this.received += chunk.toString('latin1')
      this.reads += 1
      this.#onChange()
    })
    socket.on('end', () => this.#end('end'))
    socket.on('error', () => this.#end('reset'))
    socket.on('close', () => this.#onChange())
  }

  /** The head's lines, without the blank one. */
  get head(): string {
    return this.received.split('\r\n\r\n', 1)[0] ?? ''
  }

  /** NaN before the head. */
  get status(): number {
    return Number(this.head.split(' ')[1])
  }

  /** What of the body has come, as UTF-8; without the chunks' framing where it has one. */
  get body(): string {
    return this.bodyBytes.toString('utf8')
  }

  get bodyBytes(): Buffer {
    return Buffer.from(this.chunks.join(''), 'latin1')
  }

  /** The chunks of a body that has them, one character a byte; else all in one. */
  get chunks(): readonly string[] {
    const raw = this.received.slice(this.head.length + 4)
    return /^transfer-encoding: chunked/im.test(this.head) ? chunksOf(raw) : [raw]
  }

  /** Whether the body ended as HTTP says. */
  get hasLastChunk(): boolean {
    return this.received.endsWith('\r\n0\r\n\r\n')
  }

  /** Waits until it is so, at most five seconds. */
  async until(isSo: (client: RawClient) => boolean): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error(`Still waiting, got: ${this.received.slice(-300)}`)), PATIENCE_MS)
    this.#onChange = () => {
      if (isSo(this)) resolve()
    }
    this.#onChange()
    await promise.finally(() => clearTimeout(timer))
    return this
  }

  /** Waits until the other side has closed the connection. */
  closed(): Promise<this> {
    return this.until(({ ending }) => ending !== 'open')
  }

  /** Waits for the end of a chunked body. */
  answered(): Promise<this> {
    return this.until(({ hasLastChunk }) => hasLastChunk)
  }

  /** Sends more. */
  write(text: string): void {
    this.#socket.write(text)
  }

  /** Reads no more. */
  pause(): void {
    this.#socket.pause()
  }

  /** Reads on. */
  resume(): void {
    this.#socket.resume()
  }

  leave(): void {
    this.#socket.destroy()
  }

  #end(ending: Ending): void {
    if (this.ending === 'open') this.ending = ending
    this.#onChange()
  }
}

function chunksOf(raw: string): readonly string[] {
  const chunks: string[] = []
  for (let at = 0; at < raw.length; ) {
    const start = raw.indexOf('\r\n', at) + 2
    const size = Number.parseInt(raw.slice(at, start), 16)
    if (!(size > 0)) break
    chunks.push(raw.slice(start, start + size))
    at = start + size + 2
  }
  return chunks
}
