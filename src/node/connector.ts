import { isIP, type OnReadOpts } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { type DialRules, dialRefusal, guardedLookup } from './dial-guard.ts'

export interface ConnectorOptions extends DialRules {
  /** Budget of connecting, TLS included, in milliseconds. Default 5000. */
  readonly connectMs?: number
  /** Certificate authorities in PEM, trusted beside the platform's own. */
  readonly ca?: string
}

/** How sockets to an origin are opened, kept and counted. */
export interface OriginOptions extends ConnectorOptions {
  /** How long an idle socket is kept, in milliseconds, unless the upstream hints at a time: then 2 s less. Default 4000. */
  readonly keepAliveMs?: number
  /** Sockets for each origin; more requests wait. Default 256. */
  readonly connections?: number
}

/**
 * How a socket to an origin is opened: by undici's connector, for HTTP/1.1 only, and only to addresses that
 * may be dialled.
 *
 * @param onread where its reads go. Default: the socket's own events.
 */
export function createConnector(
  { connectMs = 5000, ca, ...rules }: ConnectorOptions,
  onread?: OnReadOpts,
): buildConnector.connector {
  const connect = buildConnector({
    ...tlsOptions(ca),
    ...(onread === undefined ? {} : { onread }),
    timeout: connectMs,
    allowH2: false,
    lookup: guardedLookup(rules),
  })
  return (options, callback) => {
    const { hostname } = options
    const refusal = isIP(hostname) === 0 ? undefined : dialRefusal(hostname, hostname, rules.allowPrivate)
    if (refusal === undefined) connect(options, callback)
    else queueMicrotask(() => callback(refusal, null))
  }
}

/** One context for all sockets: reading the authorities takes milliseconds. */
export function tlsOptions(ca: string | undefined): { secureContext?: SecureContext } {
  return ca === undefined ? {} : { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca] }) }
}
