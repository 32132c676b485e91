import { Command } from 'commander'
import { loadConfig } from '../gateway/index.ts'
import { openGateway } from './open-gateway.ts'
import { parsePort } from './options.ts'
import { stopOnSignals } from './signals.ts'
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
  const gateway = await openGateway(loaded, server)
  stopOnSignals(() => gateway.close())
  process.stdout.write(`millrace listening on ${gateway.url}\n`)
  if (gateway.pageUrl !== undefined) process.stdout.write(`watch your streams at ${gateway.pageUrl}\n`)
  if (gateway.isSimulated) process.stdout.write(welcome(gateway.url))
}
