/** A gateway in this process, in front of one upstream, and what it tells about its exchanges. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CaptureSettings, Captures } from '../src/capture/index.ts'
import { type Config, type GatewayOptions, parseConfig, secretsOf, startGateway } from '../src/gateway/index.ts'
import type { Ledger } from '../src/ledger/index.ts'
import type { HookManager, Log, StreamReport } from '../src/observe/index.ts'
import { type Simulator, startSimulator } from '../src/simulator/index.ts'
import type { Metrics, Telemetry } from '../src/telemetry/index.ts'

/** Where a report is looked for: it is written when the client has its last byte already. */
const TRIES = 400
const TRY_EVERY_MS = 5

const SILENT: Log = { info() {}, warn() {}, error() {} }

export interface TestGateway {
  readonly url: string
  readonly pageUrl: string | undefined
  /**
   * The report of the exchange with this `x-millrace-request-id`, once it has ended.
   * @param headers with a key, where keys are set
   */
  report(id: string | null | undefined, headers?: Readonly<Record<string, string>>): Promise<StreamReport>
  close(): Promise<void>
}

export interface GatewaySetup {
  readonly server?: Readonly<Record<string, unknown>>
  /** Members of the one upstream, `upstream` by name, beside its addresses. */
  readonly upstream?: Readonly<Record<string, unknown>>
  /** More upstreams, by name. */
  readonly upstreams?: Readonly<Record<string, object>>
  /** Rules that go before the one for all models. */
  readonly models?: readonly Readonly<Record<string, unknown>>[]
  readonly transport?: Config['transport']
  readonly timeouts?: Readonly<Record<string, number>>
  readonly limits?: Readonly<Record<string, number>>
  readonly seals?: Readonly<Record<string, number>>
  readonly responses?: Readonly<Record<string, number>>
  /** Default: nothing is written. */
  readonly log?: Log
  readonly hookManager?: HookManager
  readonly mapEvents?: GatewayOptions['mapEvents']
  readonly metrics?: Metrics
  readonly telemetry?: Telemetry
  /** Members of `metrics` in the configuration. */
  readonly metricsConfig?: Readonly<Record<string, unknown>>
  /** Has exchanges captured, in this folder. */
  readonly capture?: { readonly folder: string } & { readonly [Member in keyof CaptureSettings]?: unknown }
  /** Keeps a row of every exchange; whoever made it closes it. */
  readonly ledger?: Ledger
  /** Folder of the built page. */
  readonly pageFolder?: string
  /** What models cost. */
  readonly priceBook?: GatewayOptions['prices']
}

/** @param upstreamUrl origin of an upstream that speaks all four dialects */
export async function startTestGateway(upstreamUrl: string, setup: GatewaySetup = {}): Promise<TestGateway> {
  const [v1, v1beta] = [`${upstreamUrl}/v1`, `${upstreamUrl}/v1beta`]
  const dialects = { chat: v1, responses: v1, messages: v1, gemini: v1beta }
  const {
    log = SILENT,
    hookManager,
    mapEvents,
    metrics,
    metricsConfig,
    telemetry,
    ledger,
    pageFolder,
    priceBook,
    ...configured
  } = setup
  const { server, upstream, upstreams, models = [], ...settings } = configured
  const text = JSON.stringify({
    server: { port: 0, ...server },
    upstreams: { upstream: { dialects, ...upstream }, ...upstreams },
    models: [...models, { match: '*', upstream: 'upstream' }],
    ...(metricsConfig && { metrics: metricsConfig }),
    ...settings,
  })
  const config = parseConfig(text, { env: {} })
  const captures = settings.capture && capturesOf(config, settings.capture.folder)
  const gateway = await startGateway({
    ...{ config, log },
    ...(captures && { captures }),
    ...(hookManager && { hookManager }),
    ...(mapEvents && { mapEvents }),
    ...(metrics && { metrics }),
    ...(ledger && { ledger }),
    ...(pageFolder && { pageFolder }),
    ...(priceBook && { prices: priceBook }),
    ...(telemetry && { telemetry }),
  })
  const { url, pageUrl } = gateway
  return {
    url,
    pageUrl,
    report: (id, headers) => readReport(url, id, headers),
    async close() {
      await gateway.close()
      await captures?.close()
    },
  }
}

function capturesOf(config: Config, folder: string): Captures {
  const onError = (message: string) => {
    throw new Error(message)
  }
  return new Captures({ settings: config.capture, folder, secrets: secretsOf(config), onError })
}

export interface Replays extends TestGateway {
  readonly simulator: Simulator
}

/** A gateway on a simulator that replays the streams of a folder. */
export async function startReplays(replayDir: string): Promise<Replays> {
  const simulator = await startSimulator({ replayDir })
  const gateway = await startTestGateway(simulator.url)
  return {
    ...gateway,
    simulator,
    async close() {
      await gateway.close()
      await simulator.close()
    },
  }
}

async function readReport(
  url: string,
  id: string | null | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<StreamReport> {
  for (let tries = 0; tries < TRIES; tries++) {
    const response = await fetch(`${url}/api/streams/${id}`, { headers })
    const body = await response.json()
    if (response.ok) return body as StreamReport
    await sleep(TRY_EVERY_MS)
  }
  throw new Error(`Cannot find report: none with id "${id}"`)
}
