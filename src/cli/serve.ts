import { Command } from 'commander'
import { loadConfig, startGateway } from '../gateway/index.ts'
import { startSimulator } from '../simulator/index.ts'
import { createLog } from './log.ts'
import { parsePort } from './options.ts'
import { stopOnSignals } from './signals.ts'
import { simulatorConfig } from './simulator-config.ts'
import { welcome } from './welcome.ts'

interface ServeFlags {
  readonly config?: string
  readonly host?: string
  readonly port?: number
}

export function serveCommand(): Command {
  return new Command('serve')
    .description(
      'Run the gateway. Without a configuration and without provider keys it runs on the built-in simulator.',
    )
    .option('--config <file>', 'configuration to read (default: millrace.yaml in this folder, when there is one)')
    .option('--host <address>', 'address to listen on, in place of the configured one')
    .option('--port <number>', 'port to listen on, in place of the configured one; 0 takes a free one', parsePort)
    .action(serve)
}

async function serve({ config: flag, host, port }: ServeFlags): Promise<void> {
  const server = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) }
  const loaded = loadConfig({ cwd: process.cwd(), env: process.env, server, ...(flag === undefined ? {} : { flag }) })
  const isBare = loaded.file === undefined && loaded.config.upstreams.length === 0
  const simulator = isBare ? await startSimulator() : undefined
  try {
    const config = simulator === undefined ? loaded.config : simulatorConfig(simulator.url, server)
    const log = createLog(config.log)
    const gateway = await startGateway({ config, log })
    stopOnSignals(async () => {
      await gateway.close()
      await simulator?.close()
      await log.close()
    })
    process.stdout.write(`millrace listening on ${gateway.url}\n`)
    if (simulator !== undefined) process.stdout.write(welcome(gateway.url))
  } catch (error) {
    // It would keep the process alive.
    await simulator?.close()
    throw error
  }
}
