import type { HttpClient } from './client.ts'

/** One client of a pool manager. */
export interface PoolStats {
  /** What it is for: an origin, or undefined for the one that serves all others. */
  readonly origin: string | undefined
  /** Whether it serves streams; else whole answers. */
  readonly isStreaming: boolean
  /** How many times it has been given out. */
  readonly uses: number
}

interface Pool {
  readonly client: HttpClient
  readonly origin: string | undefined
  readonly isStreaming: boolean
  uses: number
}

/**
 * Keeps one client for each origin and kind of use, so that their sockets are reused, and so that
 * streams, which hold a socket for minutes, do not take it from short requests.
 */
export class HttpPoolManager {
  readonly #createClient: () => HttpClient
  readonly #pools = new Map<string, Pool>()

  /** @param createClient makes a client with the limits, proxy and authorities that all of them share */
  constructor(createClient: () => HttpClient) {
    this.#createClient = createClient
  }

  /** The client for whole answers of an origin; without one, the client that serves all other origins. */
  getClient(origin?: string | URL): HttpClient {
    return this.#get(origin === undefined ? undefined : new URL(origin).origin, false)
  }

  /** The client for streams of an origin. */
  getStreamingClient(origin: string | URL): HttpClient {
    return this.#get(new URL(origin).origin, true)
  }

  /** Closes both clients of an origin, once their calls have ended. New ones are made when asked for. */
  async closePool(origin: string | URL): Promise<void> {
    const { origin: closed } = new URL(origin)
    await this.#close(pool => pool.origin === closed)
  }

  /** Closes all clients, once their calls have ended. New ones are made when asked for. */
  async closeAll(): Promise<void> {
    await this.#close(() => true)
  }

  /** The clients that there are, in the order in which they were made. */
  get stats(): readonly PoolStats[] {
    return [...this.#pools.values()].map(({ origin, isStreaming, uses }) => ({ origin, isStreaming, uses }))
  }

  #get(origin: string | undefined, isStreaming: boolean): HttpClient {
    const key = `${isStreaming ? 'stream' : 'whole'} ${origin ?? ''}`
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      pool = { client: this.#createClient(), origin, isStreaming, uses: 0 }
      this.#pools.set(key, pool)
    }
    pool.uses++
    return pool.client
  }

  async #close(isClosed: (pool: Pool) => boolean): Promise<void> {
    const closed = [...this.#pools].filter(([, pool]) => isClosed(pool))
    for (const [key] of closed) this.#pools.delete(key)
    await Promise.all(closed.map(([, { client }]) => client.close()))
  }
}
