import { messageOf } from '../errors.ts'
import {
  type Config,
  type LedgerConfig,
  type LoadedConfig,
  type Log,
  type LogConfig,
  secretsOf,
  startGateway,
} from '../gateway/index.ts'
import { type Ledger, openLedger } from '../ledger/index.ts'
import type { PriceCatalogue } from '../prices/index.ts'
import { Redactor } from '../redact.ts'
import { startSimulator } from '../simulator/index.ts'
import type { Metrics, Telemetry } from '../telemetry/index.ts'
import { openCaptures } from './captures.ts'
import { configuredHooks } from './hooks.ts'
import { ledgerPlace } from './ledger-place.ts'
import { createLog } from './log.ts'
import { isOwnCatalogue, openPrices } from './open-prices.ts'
import { simulatorConfig } from './simulator-config.ts'

/** Where to listen, in place of what the configuration says. */
export type ListenFlags = Partial<Pick<Config['server'], 'host' | 'port'>>

export interface OpenGateway {
  /** Where it listens. */
  readonly url: string
  /** Where its web page is, with what opens it once; undefined without a page. */
  readonly pageUrl: string | undefined
  /** Whether the simulator answers, for want of any upstream. */
  readonly isSimulated: boolean
  /** Lets running streams finish, and writes ledger and log to their end. */
  close(): Promise<void>
}

/**
 * Starts the gateway of this process, with the simulator behind it when nothing is configured.
 *
 * @param logConfig where its log goes. Default: where the configuration says
 */
export async function openGateway(
  { config: loaded, file }: LoadedConfig,
  server: ListenFlags,
  logConfig: LogConfig = loaded.log,
): Promise<OpenGateway> {
  const isSimulated = file === undefined && loaded.upstreams.length === 0
  // What was opened is closed in the opposite order, also when something later cannot be opened.
  await using opened = new AsyncDisposableStack()
  const closing = <Part extends Closing | undefined>(part: Part): Part => {
    opened.defer(() => part?.close())
    return part
  }
  const simulator = closing(isSimulated ? await startSimulator() : undefined)
  const config = simulator === undefined ? loaded : simulatorConfig(simulator.url, server)
  const log = closing(createLog(logConfig))
  const ledger = closing(ledgerOf(loaded.ledger, log))
  const telemetry = closing(await openTelemetry(config, log))
  const captures = closing(openCaptures(config, log))
  const hooks = closing(configuredHooks(config, log))
  const metrics = await openMetrics(config)
  metrics?.watchQueue('log', () => ({ dropped: log.droppedLines() }))
  const listening = Promise.withResolvers<void>()
  // The first exchange waits for the catalogue, the start does not.
  const prices = isOwnCatalogue(config) ? await openPrices(config) : pricesAfter(listening.promise, config, log)
  const gateway = closing(
    await startGateway({
      ...{ config, log, captures, prices },
      ...(ledger && { ledger }),
      ...(metrics && { metrics }),
      ...(hooks && { hookManager: hooks.manager }),
      ...(telemetry && { telemetry }),
    }),
  )
  listening.resolve()
  const { url, pageUrl } = gateway
  const all = opened.move()
  return { url, pageUrl, isSimulated, close: () => all.disposeAsync() }
}

interface Closing {
  close(): Promise<void>
}

const DAY_MS = 86_400_000

function ledgerOf(config: LedgerConfig, log: Log): Ledger | undefined {
  const url = ledgerPlace(config)
  const { maxAgeDays, maxBytes, queueRows } = config
  return url === undefined ? undefined : openLedger({ url, maxAgeMs: maxAgeDays * DAY_MS, maxBytes, queueRows, log })
}

/** Without its prices a gateway serves all the same. */
async function pricesAfter(listening: Promise<void>, config: Config, log: Log): Promise<PriceCatalogue | undefined> {
  try {
    await listening
    return await openPrices(config)
  } catch (error) {
    log.error({ error: { message: messageOf(error) } }, 'prices')
    return undefined
  }
}

/** What it stands on is loaded only when it is wanted: 40 ms. */
async function openMetrics(config: Config): Promise<Metrics | undefined> {
  const { enabled, models } = config.metrics
  if (!enabled) return undefined
  const { Metrics } = await import('../telemetry/index.ts')
  return new Metrics({ models, redactor: new Redactor(secretsOf(config)), process: true })
}

/** Its SDK is loaded in a thread of its own. */
async function openTelemetry(config: Config, log: Log): Promise<Telemetry | undefined> {
  const { otlp, ...settings } = config.telemetry
  if (otlp === undefined) return undefined
  const { Telemetry } = await import('../telemetry/index.ts')
  return new Telemetry({ ...settings, otlp, secrets: secretsOf(config), log })
}
