/** A coding agent as people run it, in a home that is thrown away, before a gateway and a simulator. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { AGENTS, type AgentName, withoutProxy } from '../../src/cli/agents.ts'
import type { DialectName } from '../../src/dialects/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { type SeenRequest, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { type GatewaySetup, startTestGateway, type TestGateway } from '../gateway.ts'
import type { Ended } from '../process.ts'

/** Where the agents are once they are installed. */
export const PROGRAMS = resolve(import.meta.dirname, 'node_modules/.bin')

/** After which an agent is killed: it starts in a second and answers in another. */
const LIMIT_MS = 60_000

/** Codex keeps no helpers in a home below the system's folder of temporary files. */
const HOMES = resolve(import.meta.dirname, '../../.tmp')

/** What keeps the agents from calling home, and steers them in tests. */
export const QUIET: Readonly<Record<AgentName, { variables: Record<string, string>; flags: readonly string[] }>> = {
  claude: { variables: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' }, flags: [] },
  codex: {
    variables: {},
    flags: ['-c', 'features.plugins=false', '-c', 'check_for_update_on_startup=false', '-c', 'analytics.enabled=false'],
  },
}

export interface Errand {
  readonly args: readonly string[]
  /** Beside those that point it at the gateway. */
  readonly variables?: Readonly<Record<string, string>>
}

export class House implements AsyncDisposable {
  readonly simulator: Simulator
  readonly gateway: TestGateway
  /** Where the agent works. */
  readonly folder: string
  /** What it wanted to reach beside the gateway. */
  readonly dialled: string[]
  readonly #proxy: Server
  readonly #home: string

  /** @param spoken the one dialect of the upstream */
  static async open(spoken: DialectName, setup: GatewaySetup = {}): Promise<House> {
    const simulator = await startSimulator()
    const base = `${simulator.url}${spoken === 'gemini' ? '/v1beta' : '/v1'}`
    const upstream = { ...setup.upstream, dialects: { [spoken]: base } }
    const gateway = await startTestGateway(simulator.url, { ...setup, upstream })
    const home = await makeHome()
    const dialled: string[] = []
    return new House(simulator, gateway, home, dialled, await startProxy(dialled))
  }

  private constructor(simulator: Simulator, gateway: TestGateway, home: string, dialled: string[], proxy: Server) {
    this.simulator = simulator
    this.gateway = gateway
    this.folder = join(home, 'work')
    this.dialled = dialled
    this.#home = home
    this.#proxy = proxy
  }

  /** Runs an agent to its end. */
  async run(name: AgentName, { args, variables = {} }: Errand): Promise<Ended> {
    const { url } = this.gateway
    const { program, point } = AGENTS[name]
    const pointing = point({ url, key: undefined, isCredentialPassed: false })
    const proxy = `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`
    const proxies = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy }
    const quiet = QUIET[name]
    const env = {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: this.#home,
      CODEX_HOME: join(this.#home, '.codex'),
      ...proxies,
      ...withoutProxy(new URL(url).hostname, proxies),
      ...quiet.variables,
      ...pointing.variables,
      ...variables,
    }
    const command = [...pointing.flags, ...quiet.flags, ...args]
    const child = spawn(join(PROGRAMS, program), command, {
      cwd: this.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stdout, stderr }
  }

  /** What the upstream was asked for. */
  get calls(): readonly SeenRequest[] {
    return this.simulator.requests().filter(({ method }) => method === 'POST')
  }

  /** Oldest first; of what has ended with the agent, or before it, tokens may still be counted. */
  reports(): Promise<readonly StreamReport[]> {
    return eventually(async () => {
      const { streams } = (await (await fetch(`${this.gateway.url}/api/streams`)).json()) as { streams: StreamReport[] }
      const asked = streams.filter(({ attempts }) => attempts.length > 0)
      return asked.length < this.calls.length ? undefined : streams.toSorted((a, b) => a.time.localeCompare(b.time))
    })
  }

  read(file: string): Promise<string> {
    return readFile(join(this.folder, file), 'utf8')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close()
    await this.simulator.close()
    this.#proxy.close()
    await rm(this.#home, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A home with nothing in it but what the agents want to find there, and a folder `work` to work in. */
export async function makeHome(): Promise<string> {
  await mkdir(HOMES, { recursive: true })
  const home = await mkdtemp(join(HOMES, 'agent-'))
  for (const name of ['work', '.codex']) await mkdir(join(home, name))
  return home
}

/** Notes who is asked for, and lets nobody through. */
async function startProxy(dialled: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    dialled.push(`${request.method} ${request.url}`)
    response.writeHead(403).end()
  })
  server.on('connect', (request, socket) => {
    dialled.push(`${request.url}`)
    socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  server.unref().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** How the exchanges of a house ended. */
export async function answersIn(house: House): Promise<readonly string[]> {
  return (await house.reports()).map(({ outcome, status }) => `${outcome} ${status}`)
}
