/** Every pair of dialects that can be converted, each behind a gateway whose upstream speaks the one only. */
import type { DialectName } from '../../src/dialects/index.ts'
import { adapters } from '../../src/exchange/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { type GatewaySetup, startTestGateway, type TestGateway } from '../gateway.ts'

export const PAIRS = adapters.pairs.filter(({ from, to }) => from !== to)

export interface Pairs {
  readonly simulator: Simulator
  /** The gateway whose upstream speaks this dialect and no other. */
  to(dialect: DialectName): TestGateway
  close(): Promise<void>
}

export async function startPairs(setup: GatewaySetup = {}): Promise<Pairs> {
  const simulator = await startSimulator()
  const gateways = new Map<DialectName, TestGateway>()
  for (const dialect of new Set(PAIRS.map(({ to }) => to))) {
    const dialects = { [dialect]: `${simulator.url}/${dialect === 'gemini' ? 'v1beta' : 'v1'}` }
    gateways.set(
      dialect,
      await startTestGateway(simulator.url, { ...setup, upstream: { issuer: 'sim', ...setup.upstream, dialects } }),
    )
  }
  return {
    simulator,
    to: dialect => gateways.get(dialect) as TestGateway,
    async close() {
      for (const gateway of gateways.values()) await gateway.close()
      await simulator.close()
    },
  }
}
