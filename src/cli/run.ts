import { Command, CommanderError } from 'commander'
import { MillraceError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { configCommand } from './config.ts'
import { pricesCommand } from './prices.ts'
import { recordCommand } from './record.ts'
import { replayCommand } from './replay.ts'
import { runCommand } from './run-agent.ts'
import { serveCommand } from './serve.ts'
import { showCommand } from './show.ts'
import { simulateCommand } from './simulate.ts'
import { streamsCommand } from './streams.ts'
import { usageCommand } from './usage.ts'

/** Exit codes: 0 done, 1 something failed while running, 2 the command line or the configuration is wrong. */
const FAILED = 1
const MISUSED = 2

/**
 * Runs one command line.
 * @param argv as in `process.argv`, with the program's two words before the command's
 */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('millrace')
    .description('A gateway for LLM streams: every stream through, unchanged, metered and truthful.')
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
  const commands = [
    ...[serveCommand(), runCommand(), streamsCommand(), showCommand(), usageCommand(), pricesCommand()],
    ...[simulateCommand(), recordCommand(), replayCommand(), configCommand()],
  ]
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program))
  for (const output of [process.stdout, process.stderr]) output.on('error', passOver)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** Whoever reads what we say may stop to (`millrace serve | head -1`): we go on. */
function passOver(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** Tells a person what went wrong, once, and gives the exit code for it. */
function report(error: unknown): number {
  // Commander has printed its own errors, and help and version are not errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED
  if (error instanceof MillraceError) {
    process.stderr.write(`millrace: ${error.message}\n`)
    return error.code === 'bad-request' ? MISUSED : FAILED
  }
  if (isSystemError(error)) {
    process.stderr.write(`millrace: ${explain(error)}\n`)
    return FAILED
  }
  throw error
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string'
}

const ERRNO: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use: stop the other program, or take another with --port',
  EACCES: 'the system does not allow it: take a port above 1023, or check the permissions of the file',
  EADDRNOTAVAIL: 'this machine has no such address: check --host',
  ENOENT: 'there is no such file or folder: check the path',
}

function explain(error: NodeJS.ErrnoException): string {
  const remedy = ERRNO[error.code as string]
  return remedy === undefined ? error.message : `${error.message}: ${remedy}`
}
