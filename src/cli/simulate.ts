import { readdirSync } from 'node:fs'
import { Command } from 'commander'
import { startSimulator } from '../simulator/index.ts'
import { parsePort } from './options.ts'
import { stopOnSignals } from './signals.ts'

interface SimulateFlags {
  readonly host: string
  readonly port: number
  readonly replay?: string
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('Run the simulator: an upstream that speaks all four dialects, with faults on demand.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', parsePort, 8643)
    .option(
      '--replay <folder>',
      'serve the recorded streams `<dialect>/<name>.sse` of a folder as `replay/<dialect>/<name>`',
    )
    .action(simulate)
}

async function simulate({ host, port, replay }: SimulateFlags): Promise<void> {
  // A folder that is not there would make every replay a 404.
  if (replay !== undefined) readdirSync(replay)
  const simulator = await startSimulator({ host, port, ...(replay === undefined ? {} : { replayDir: replay }) })
  stopOnSignals(() => simulator.close())
  process.stdout.write(`millrace simulator listening on ${simulator.url}\n`)
}
