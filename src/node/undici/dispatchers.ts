import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici'
import { createConnector, type OriginOptions, tlsOptions } from '../connector.ts'
import { markUsedSockets } from './stale-sockets.ts'

export interface DispatcherOptions extends OriginOptions {
  /**
   * `environment`: as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say. Behind a proxy the dial rules do
   * not hold: it is the proxy that dials. Default `environment`.
   */
  readonly proxy?: 'environment' | 'direct' | URL
}

const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']

/** Straight to the origin. */
export function createDirectDispatcher(options: DispatcherOptions): Dispatcher {
  return new Agent({ connect: createConnector(options), factory: poolFactory(options) })
}

/** Whether some origins may have to be asked through a proxy. */
export function hasProxy({ proxy = 'environment' }: DispatcherOptions): boolean {
  return proxy === 'environment' ? PROXY_VARIABLES.some(name => process.env[name]) : proxy !== 'direct'
}

/** Through a proxy to the origins that want one; undefined where no proxy is configured at all. */
export function createProxyDispatcher(options: DispatcherOptions): Dispatcher | undefined {
  const { proxy = 'environment', connectMs = 5000, ca } = options
  if (!hasProxy(options) || proxy === 'direct') return undefined
  const tls = { ...tlsOptions(ca), timeout: connectMs, allowH2: false }
  return new EnvHttpProxyAgent({
    ...(proxy === 'environment' ? {} : { httpProxy: proxy.href, httpsProxy: proxy.href, noProxy: '' }),
    connect: createConnector(options),
    requestTls: tls,
    proxyTls: tls,
    factory: poolFactory(options),
  }).compose(keepRepeats)
}

/** Makes the pool of one origin, or of the proxy. Time limits are off: an exchange has its own budgets. */
function poolFactory({ keepAliveMs = 4000, connections = 256 }: DispatcherOptions) {
  return (origin: string | URL, { connect }: Pool.Options): Dispatcher =>
    new Pool(origin, {
      allowH2: false,
      pipelining: 1,
      connections,
      keepAliveTimeout: keepAliveMs,
      keepAliveTimeoutThreshold: 2000,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 64 * 1024,
      connect: markUsedSockets(typeof connect === 'function' ? connect : buildConnector(connect)),
    })
}

/** In a flat list undici's proxy agent keeps only the last of repeated headers; in pairs, all of them. */
function keepRepeats(dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch {
  return (options, handler) => {
    const { headers } = options
    return dispatch(Array.isArray(headers) ? { ...options, headers: pairs(headers) } : options, handler)
  }
}

function* pairs(headers: readonly string[]): Generator<[name: string, value: string]> {
  for (let at = 0; at < headers.length; at += 2) yield [headers[at] as string, headers[at + 1] as string]
}
