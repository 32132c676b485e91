/** A gateway in front of a simulator, and all that the two tell about what went on between them. */
import { getHeader } from '../../src/http/index.ts'
import { HookManager } from '../../src/observe/index.ts'
import { type SeenRequest, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { type GatewaySetup, startTestGateway, type TestGateway } from '../gateway.ts'
import { upstreamsAt } from './ways.ts'

export interface House extends TestGateway {
  readonly port: number
  readonly simulator: Simulator
  /** The log, one JSON line each. */
  readonly log: readonly string[]
  /** Names of the hook events of an exchange in the order of their delivery, once its end was told. */
  hooks(id: string): Promise<readonly string[]>
  /** Ends the gateway, and lets the simulator go on. */
  stop(): Promise<void>
  /** What the simulator saw of the request with this `x-case` header, as soon as it has come. */
  seen(name: string): Promise<SeenRequest>
}

/** Starts both. The gateway knows the simulator under the names of `ways.ts` as well. */
export async function startHouse(setup: Omit<GatewaySetup, 'log' | 'hookManager' | 'upstreams'> = {}): Promise<House> {
  const simulator = await startSimulator()
  const log: string[] = []
  const write = (record: object, message: string): void => {
    log.push(JSON.stringify({ ...record, message }))
  }
  const hooks = new Map<string, string[]>()
  const gateway = await startTestGateway(simulator.url, {
    ...setup,
    upstreams: upstreamsAt(simulator.url),
    log: { info: write, warn: write, error: write },
    hookManager: noteHooks(hooks),
  })
  return {
    ...gateway,
    port: Number(new URL(gateway.url).port),
    simulator,
    log,
    hooks: id => eventually(() => (hooks.get(id)?.at(-1) === 'provider.stream.end' ? hooks.get(id) : undefined)),
    seen: name => eventually(() => simulator.requests().find(({ headers }) => getHeader(headers, 'x-case') === name)),
    stop: () => gateway.close(),
    async close() {
      await gateway.close()
      await simulator.close()
    },
  }
}

const WATCHED = [
  'provider.stream.start',
  'provider.request.sent',
  'provider.response.received',
  'provider.error',
  'provider.stream.end',
] as const

function noteHooks(noted: Map<string, string[]>): HookManager {
  const hookManager = new HookManager()
  hookManager.register({
    name: 'notes',
    events: WATCHED,
    handle({ event, requestId = '' }) {
      noted.set(requestId, [...(noted.get(requestId) ?? []), event])
    },
  })
  return hookManager
}
