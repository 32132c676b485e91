import type { HttpClient, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../http/index.ts'
import { isLoopbackHost } from './dial-guard.ts'
import { Http1Client } from './http1/index.ts'
import { hasProxy, UndiciClient, type UndiciClientOptions } from './undici/index.ts'

/** How a client connects. What it waits for after that is bounded by the budgets of the exchange. */
export interface NodeClientOptions extends UndiciClientOptions {
  /** `http1`: our own client, and undici only through proxies. `undici`: undici for everything. Default `http1`. */
  readonly transport?: 'http1' | 'undici'
}

/** The client of Node: our own straight to origins, undici's through proxies, which ours knows nothing of. */
export class NodeClient implements HttpClient {
  readonly #direct: HttpClient
  readonly #proxied: UndiciClient | undefined

  constructor({ transport = 'http1', ...options }: NodeClientOptions = {}) {
    this.#proxied = hasProxy(options) ? new UndiciClient(options) : undefined
    this.#direct = transport === 'http1' ? new Http1Client(options) : new UndiciClient({ ...options, proxy: 'direct' })
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    return this.#clientFor(request.url).send(request, handler)
  }

  async close(): Promise<void> {
    await Promise.all([this.#direct.close(), this.#proxied?.close()])
  }

  /** Loopback upstreams are never asked through a proxy. */
  #clientFor({ hostname }: URL): HttpClient {
    return this.#proxied === undefined || isLoopbackHost(hostname) ? this.#direct : this.#proxied
  }
}
