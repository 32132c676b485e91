import type { Dispatcher } from 'undici'
import type { HttpClient, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../../http/index.ts'
import { isLoopbackHost } from '../dial-guard.ts'
import { createDirectDispatcher, createProxyDispatcher, type DispatcherOptions } from './dispatchers.ts'
import { UndiciCall } from './undici-call.ts'

/** How a client connects. What it waits for after that is bounded by the budgets of the exchange. */
export interface UndiciClientOptions extends DispatcherOptions {}

/**
 * An `HttpClient` over undici's `dispatch`: HTTP/1.1 with one pool of sockets for each origin.
 *
 * Headers are the wire's, in order and with their repeats, both ways; a proxy gets repeats grouped by
 * name. Loopback upstreams are never asked through a proxy. An answer's head may hold 64 KiB and 200
 * fields. An unasked-for `100 Continue` is a failure, as undici has it; other 1xx are skipped.
 */
export class UndiciClient implements HttpClient {
  readonly #direct: Dispatcher
  readonly #proxied: Dispatcher | undefined
  #closing: Promise<unknown> | undefined

  constructor(options: UndiciClientOptions = {}) {
    this.#direct = createDirectDispatcher(options)
    this.#proxied = createProxyDispatcher(options)
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new UndiciCall(this.#dispatcherFor(request.url), request, handler)
    call.start()
    return call
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.all([this.#direct.close(), this.#proxied?.close()])
    await this.#closing
  }

  #dispatcherFor({ hostname }: URL): Dispatcher {
    return this.#proxied === undefined || isLoopbackHost(hostname) ? this.#direct : this.#proxied
  }
}
