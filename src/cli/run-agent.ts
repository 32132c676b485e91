import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { Argument, Command } from 'commander'
import { MillraceError } from '../errors.ts'
import { type LoadedConfig, loadConfig } from '../gateway/index.ts'
import { AGENTS, type Agent, type AgentName, destinationOf, type Pointing, toShell, withoutProxy } from './agents.ts'
import { type ListenFlags, openGateway } from './open-gateway.ts'
import { parsePort } from './options.ts'

interface RunFlags {
  readonly config?: string
  readonly port?: number
  readonly printEnv?: true
}

/** How long a gateway may take to say that it is there. */
const HEALTH_MS = 1000

export function runCommand(): Command {
  return new Command('run')
    .description('Run a coding agent on the gateway, which is started with it when none runs.')
    .addArgument(new Argument('<agent>', 'the agent').choices(Object.keys(AGENTS)))
    .argument('[arguments...]', "the agent's own arguments, behind `--`")
    .option('--config <file>', 'configuration to read (default: millrace.yaml in this folder, when there is one)')
    .option('--port <number>', 'port of the gateway, in place of the configured one; 0 starts one anywhere', parsePort)
    .option('--print-env', 'print what points the agent at the gateway, for `eval` in a shell, and run nothing')
    .action(runAgent)
}

async function runAgent(name: AgentName, args: readonly string[], flags: RunFlags): Promise<void> {
  const { config: flag, port, printEnv } = flags
  const server: ListenFlags = port === undefined ? {} : { port }
  const loaded = loadConfig({ cwd: process.cwd(), env: process.env, server, ...(flag === undefined ? {} : { flag }) })
  const agent: Agent = AGENTS[name]
  const url = addressOf(loaded)
  if (printEnv) {
    if (url === undefined)
      throw new MillraceError('bad-request', 'Cannot print the environment: port 0 is no address, name one with --port')
    process.stdout.write(toShell(agent, pointingAt(url, agent, loaded)))
    return
  }
  const isRunning = url !== undefined && (await isGateway(url))
  // The agent has the terminal: the log goes to a file or nowhere.
  const { log } = loaded.config
  const logConfig = log.file === undefined ? ({ ...log, level: 'silent' } as const) : log
  const gateway = isRunning ? undefined : await openGateway(loaded, server, logConfig)
  try {
    process.exitCode = await runToEnd(agent, pointingAt(gateway?.url ?? (url as string), agent, loaded), args)
  } finally {
    await gateway?.close()
  }
}

/** Where a gateway of this configuration is reached from this machine; undefined when it may be anywhere. */
function addressOf({ config: { server } }: LoadedConfig): string | undefined {
  if (server.port === 0) return undefined
  const host = server.host.replace(/^\[(.*)\]$/, '$1')
  const reached = ANY[host] ?? host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${server.port}`
}

/** Addresses that mean every address, and the one among them by which to reach this machine. */
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** @throws {MillraceError} upstream, when something else answers there */
async function isGateway(url: string): Promise<boolean> {
  let said: unknown
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(HEALTH_MS) })
    said = await response.json().catch(() => undefined)
  } catch (error) {
    // What listens and does not answer will be told when the port turns out to be in use.
    if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return false
    throw error
  }
  if ((said as { status?: unknown } | undefined)?.status === 'ok') return true
  throw new MillraceError('upstream', `Cannot use ${url}: what answers there is no gateway, take another --port`)
}

function pointingAt(url: string, agent: Agent, { config }: LoadedConfig): Pointing {
  const pointing = agent.point(destinationOf(config, agent, url))
  const proxies = withoutProxy(new URL(url).hostname, process.env)
  return { ...pointing, variables: { ...pointing.variables, ...proxies } }
}

/** Signals that are handed on. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs the agent in this terminal.
 *
 * @returns its exit code; 128 and its number where a signal ended it, as shells have it
 * @throws {MillraceError} not-found, when it is not installed
 */
async function runToEnd(agent: Agent, { variables, unset, flags }: Pointing, args: readonly string[]): Promise<number> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...variables }
  for (const name of unset) delete env[name]
  const child = spawn(agent.program, [...flags, ...args], { stdio: 'inherit', env })
  const onSignal = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to both of us, and twice means something else to an agent.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + constants.signals[signal as NodeJS.Signals]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new MillraceError(
      'not-found',
      `Cannot run ${agent.program}: it is not installed, or not on the PATH: ${agent.install}`,
      { cause: error },
    )
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
