import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Allowed, allowedNames, Capacity, checkTarget, KeyRing, MAX_FIELDS } from '../access/index.ts'
import type { Captures } from '../capture/index.ts'
import { DIALECTS } from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
import type { Ledger } from '../ledger/index.ts'
import type { HookManager, Log, PriceBook } from '../observe/index.ts'
import type { HandlerConfig } from '../streaming/index.ts'
import type { Metrics, Telemetry } from '../telemetry/index.ts'
import { Announcer } from './announcer.ts'
import { answerFailure } from './answers.ts'
import { CaptureApi } from './capture-api.ts'
import type { Config } from './config/index.ts'
import { Exchanges } from './exchanges.ts'
import { dialectOf, Handler } from './handler.ts'
import { createId } from './ids.ts'
import { MetricsPage } from './metrics-page.ts'
import { ModelList } from './model-list.ts'
import { Page } from './page/index.ts'
import { splitTarget } from './routes.ts'
import { Streams } from './streams.ts'
import type { Visit } from './visit.ts'

const HEAD_BYTES = 16 * 1024
const KEEP_ALIVE_MS = 65_000
const REQUESTS_PER_SOCKET = 1000
/** For a client to take the answer that ends its connection. */
const LINGER_MS = 1000
/** How often Node looks for clients that are slow with their headers. Its own default is 30 s. */
const HEAD_CHECK_MS = 1000

/** What a gateway is started with. */
export interface GatewayOptions {
  /** The configuration, settled: see `loadConfig` and `parseConfig`. */
  readonly config: Config
  /** Where its records go: one for each exchange, and what goes wrong beside. */
  readonly log: Log
  /** Who is told what its exchanges do. Default: nobody. */
  readonly hookManager?: HookManager
  /** What becomes of the events of every answer of a model; see `HandlerConfig.mapEvents`. */
  readonly mapEvents?: HandlerConfig['mapEvents']
  /** Keeps a row of every exchange; whoever made it closes it. Default: nothing is kept. */
  readonly ledger?: Ledger
  /** What counts for `/metrics`. Default: nothing does, and there is no such path. */
  readonly metrics?: Metrics
  /** Who tells a collector of OpenTelemetry what its exchanges do. Default: nobody. */
  readonly telemetry?: Telemetry
  /** Where exchanges are kept that are to be looked at later. Default: none are. */
  readonly captures?: Captures
  /** Folder of the built web page. Default: where the package has it. */
  readonly pageFolder?: string
  /**
   * What models cost. A book that is still being read holds up the first exchange, not the start; it must not
   * reject. Default: only what upstreams say themselves is known.
   */
  readonly prices?: PriceBook | Promise<PriceBook | undefined>
}

/** A gateway that is running. */
export interface Gateway {
  /** Where it listens, `http://127.0.0.1:8642`. */
  readonly url: string
  /**
   * Where its web page is, with what opens it once where keys are set: whoever has it sees all streams. Undefined
   * without a page.
   */
  readonly pageUrl: string | undefined
  /** Refuses new requests, lets running streams finish within `drainMs`, cuts the rest, tells hooks, closes. */
  close(): Promise<void>
}

/** Starts a gateway. Rejects when it cannot listen. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config } = options
  const { host, port } = config.server
  const announcer = new Announcer(options.hookManager, options.log)
  announcer.starting()
  const front = new Front(options, announcer)
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: config.timeouts.clientHeadMs,
      // The body has a budget of its own, and streams are long.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: HEAD_CHECK_MS,
      noDelay: true,
      // Java's client and `curl --http2` offer h2c with every request, and take a plain answer.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    front.onRequest,
  )
  server.maxRequestsPerSocket = REQUESTS_PER_SOCKET
  // One more than is allowed, so that the guard can tell.
  server.maxHeadersCount = MAX_FIELDS + 1
  server.on('upgrade', front.onUpgrade).on('connect', front.onConnect).on('clientError', front.onClientError)
  server.on('connection', front.onConnection)
  await listen(server, host, port)
  const address = server.address() as AddressInfo
  front.open(address.port)
  const url = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
  announcer.ready(url)
  return {
    url,
    pageUrl: front.page?.url(url),
    async close() {
      announcer.stopping()
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      await front.close()
      server.closeAllConnections()
      await closed
      await announcer.drain()
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port, backlog: 8192 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** What stands before the routes: connections, guard, and the door that closes at the end. */
class Front {
  readonly #config: Config
  readonly #exchanges: Exchanges
  readonly #handler: Handler
  readonly page: Page | undefined
  readonly #connections: Capacity
  readonly #announcer: Announcer
  #allowed: Allowed | undefined
  #isClosing = false

  constructor(options: GatewayOptions, announcer: Announcer) {
    const { config, metrics, hookManager, ledger, telemetry } = options
    const streams = new Streams()
    this.#config = config
    this.#announcer = announcer
    this.#connections = new Capacity('connections', config.limits.connections)
    this.#exchanges = new Exchanges({ ...options, streams, announcer })
    const keys = new KeyRing(config.server.keys)
    if (config.server.page)
      this.page = new Page({
        keys,
        isOpen: config.server.keys.length === 0,
        streams,
        folder: options.pageFolder,
        ledger: ledger?.reader,
      })
    this.#handler = new Handler({
      keys,
      streams,
      page: this.page,
      models: new ModelList(config, this.#exchanges.client(config.timeouts.connectMs)),
      exchanges: this.#exchanges,
      ledger,
      metrics: metrics && new MetricsPage(metrics, config),
      captures: new CaptureApi(options.captures, options.log),
    })
    metrics?.watchOpen(() => ({ streams: streams.openCount, connections: this.#connections.open }))
    if (ledger !== undefined) metrics?.watchQueue('ledger', () => ledger.state)
    if (telemetry !== undefined) metrics?.watchQueue('telemetry', () => telemetry.state)
    if (hookManager !== undefined) metrics?.watchHooks(() => hookManager.counts)
  }

  /** @param port the port in fact, which Host has to name */
  open(port: number): void {
    const { host, hosts, origins } = this.#config.server
    this.#allowed = allowedNames({ host, port, hosts, origins })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#exchanges.close()
    this.page?.close()
  }

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // Answered already, as one connection too many: Node reads on all the same.
    if (!request.socket.writable) {
      request.resume()
      return
    }
    const visit: Visit = {
      request,
      response,
      id: createId(),
      target: splitTarget(request.url as string),
      metadata: new Map(),
    }
    this.#announcer.arrived(visit)
    const refused = this.#check(request) ?? this.#checkOpen(visit)
    if (refused === undefined) {
      this.#handler.handle(visit, !this.#isClosing)
      return
    }
    response.setHeader('connection', 'close')
    answerFailure(visit, dialectOf(visit), refused)
    request.resume()
  }

  #check({ method, url, rawHeaders }: IncomingMessage): Failure | undefined {
    const asked = { method: method as string, target: url as string, headers: rawHeaders }
    return checkTarget(asked, this.#allowed as Allowed)
  }

  #checkOpen({ target: { path } }: Visit): Failure | undefined {
    if (!this.#isClosing || path === '/health' || path === '/ready') return undefined
    return failure('overloaded', 'Gateway is shutting down', { status: 503, retryAfterMs: 1000 })
  }

  readonly onConnection = (socket: Socket): void => {
    const refused = this.#connections.enter()
    if (refused === undefined) socket.once('close', () => this.#connections.leave())
    else dismiss(socket, refused)
  }

  /** Codex tries a WebSocket first, and goes on by HTTP when the answer is fast and clear. */
  readonly onUpgrade = (request: IncomingMessage, socket: Socket): void => {
    const refused = this.#check(request)
    dismiss(
      socket,
      refused ?? failure('bad-request', 'Cannot upgrade: this gateway speaks plain HTTP', { status: 426 }),
    )
  }

  /** What Node could not read as a request. */
  readonly onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
    const why = 'Cannot read the request: it is not HTTP, too large or too slow'
    const failed = failure('bad-request', why, { status })
    this.#announcer.unreadable(failed)
    dismiss(socket, failed)
  }

  readonly onConnect = (_request: IncomingMessage, socket: Socket): void => {
    dismiss(socket, failure('bad-request', 'Cannot serve CONNECT: the gateway is no proxy', { status: 405 }))
  }
}

/**
 * Answers a socket that has no response object, and is soon rid of it: a client that neither reads nor
 * closes would keep it, and Node looks after none of its errors and deadlines any more.
 */
function dismiss(socket: Socket, failed: Failure): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.on('error', () => socket.destroy()).once('close', () => clearTimeout(timer))
  socket.resume().end(bare(failed))
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  426: 'Upgrade Required',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
}

function bare(failed: Failure): string {
  const body = Buffer.from(DIALECTS.chat.failure.encode(failed)).toString()
  const lines = [
    `HTTP/1.1 ${failed.status} ${REASONS[failed.status] ?? 'Error'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...(failed.status === 426 ? ['upgrade: HTTP/1.1'] : []),
    ...(failed.retryAfterMs === undefined ? [] : [`retry-after: ${Math.ceil(failed.retryAfterMs / 1000)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
