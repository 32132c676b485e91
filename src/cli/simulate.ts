import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { Command } from 'commander'
import { CAPTURE_SUFFIX, decodeCapture } from '../capture/index.ts'
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
      '--replay <path>',
      'serve the recorded streams `<dialect>/<name>.sse` of a folder as `replay/<dialect>/<name>`, and captured exchanges `<name>.mlr.jsonl`, of a folder or one, as `replay/<name>`',
    )
    .action(simulate)
}

async function simulate({ host, port, replay }: SimulateFlags): Promise<void> {
  const replayDir = replay === undefined ? {} : { replayDir: folderOf(replay) }
  const simulator = await startSimulator({ host, port, ...replayDir })
  stopOnSignals(() => simulator.close())
  process.stdout.write(`millrace simulator listening on ${simulator.url}\n`)
}

/** What is not there, or cannot be read, would make every replay fail. */
function folderOf(path: string): string {
  if (!path.endsWith(CAPTURE_SUFFIX)) {
    readdirSync(path)
    return path
  }
  decodeCapture(readFileSync(path))
  process.stdout.write(`serving ${path} as model replay/${basename(path, CAPTURE_SUFFIX)}\n`)
  return dirname(path)
}
