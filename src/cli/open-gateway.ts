import { type Config, type LoadedConfig, type LogConfig, startGateway } from '../gateway/index.ts'
import { startSimulator } from '../simulator/index.ts'
import { createLog } from './log.ts'
import { simulatorConfig } from './simulator-config.ts'

/** Where to listen, in place of what the configuration says. */
export type ListenFlags = Partial<Pick<Config['server'], 'host' | 'port'>>

export interface OpenGateway {
  /** Where it listens. */
  readonly url: string
  /** Whether the simulator answers, for want of any upstream. */
  readonly isSimulated: boolean
  /** Lets running streams finish, and writes the log to its end. */
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
  const simulator = isSimulated ? await startSimulator() : undefined
  try {
    const config = simulator === undefined ? loaded : simulatorConfig(simulator.url, server)
    const log = createLog(logConfig)
    const gateway = await startGateway({ config, log })
    return {
      url: gateway.url,
      isSimulated,
      async close() {
        await gateway.close()
        await simulator?.close()
        await log.close()
      },
    }
  } catch (error) {
    // It would keep the process alive.
    await simulator?.close()
    throw error
  }
}
