import type { buildConnector } from 'undici'
import { failure } from '../../errors.ts'
import {
  authority,
  type HttpClient,
  Sweep,
  type UpstreamCall,
  type UpstreamHandler,
  type UpstreamRequest,
} from '../../http/index.ts'
import { createConnector, type OriginOptions } from '../connector.ts'
import { onRead, readBuffer } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Http1Call } from './http1-call.ts'

/** How a client connects. It knows no proxies. */
export interface Http1ClientOptions extends OriginOptions {}

/** How often idle connections are looked through, in milliseconds. None is used after its time in any case. */
const SWEEP_MS = 1000

/**
 * An `HttpClient` of our own: HTTP/1.1 straight to the origin, with one pool of connections for each.
 *
 * Headers are the wire's, in order and with their repeats, both ways. An answer's head may hold 64 KiB
 * and 200 fields; interim answers (1xx) are skipped. It knows no proxies.
 */
export class Http1Client implements HttpClient {
  readonly #connect: buildConnector.connector
  readonly #options: { readonly keepAliveMs: number; readonly connections: number }
  readonly #sweep = new Sweep({ everyMs: SWEEP_MS })
  readonly #pools = new Map<string, ConnectionPool>()
  #running = 0
  #closing: PromiseWithResolvers<void> | undefined

  constructor({ keepAliveMs = 4000, connections = 256, ...connector }: Http1ClientOptions = {}) {
    this.#connect = createConnector(connector, { buffer: readBuffer, callback: onRead })
    this.#options = { keepAliveMs, connections }
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new Http1Call(request, handler, this.#onOver)
    this.#running++
    if (this.#closing === undefined) call.start(this.#poolOf(request.url))
    else call.refuse(failure('cancelled', `Cannot send to ${authority(request.url)}: the HTTP client has been closed`))
    return call
  }

  async close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers()
      for (const pool of this.#pools.values()) pool.close()
      this.#settle()
    }
    await this.#closing.promise
  }

  #poolOf(url: URL): ConnectionPool {
    const { origin } = url
    let pool = this.#pools.get(origin)
    if (pool === undefined) {
      // Who asks ever new origins must not fill the memory.
      const onEmpty = () => this.#pools.delete(origin)
      pool = new ConnectionPool(url, this.#connect, this.#sweep, this.#options, onEmpty)
      this.#pools.set(origin, pool)
    }
    return pool
  }

  readonly #onOver = (): void => {
    this.#running--
    this.#settle()
  }

  #settle(): void {
    if (this.#running === 0) this.#closing?.resolve()
  }
}
