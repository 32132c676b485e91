/** A gateway with its page, in front of a simulator that plays several vendors. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ledger, openLedger } from '../../src/ledger/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { type GatewaySetup, startTestGateway, type TestGateway } from '../gateway.ts'

const SILENT = { info() {}, warn() {}, error() {} }

export interface House extends AsyncDisposable, TestGateway {
  readonly simulatorUrl: string
}

export interface HouseSetup extends GatewaySetup {
  /** Exchanges that the ledger knows before the gateway starts; without them there is no ledger. */
  readonly kept?: readonly StreamReport[]
}

/** @param pageFolder where the page was built */
export async function openHouse(pageFolder: string, { kept, ...setup }: HouseSetup = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-house-'))
  const simulator = await startSimulator()
  const ledger = kept && (await ledgerWith(join(folder, 'ledger.sqlite'), kept))
  const [v1, v1beta] = [`${simulator.url}/v1`, `${simulator.url}/v1beta`]
  const gateway = await startTestGateway(simulator.url, {
    upstreams: {
      anthropic: { dialects: { messages: v1 } },
      openai: { dialects: { responses: v1, chat: v1 } },
      google: { dialects: { gemini: v1beta } },
      local: { dialects: { chat: v1 } },
    },
    models: [
      { match: 'claude-*', upstream: 'anthropic' },
      { match: 'gpt-*', upstream: 'openai' },
      { match: 'gemini-*', upstream: 'google' },
      { match: 'qwen*', upstream: 'local' },
    ],
    // Streams that are still open at the end of a test are cut.
    timeouts: { drainMs: 1 },
    capture: { folder: join(folder, 'captures'), mode: 'all' },
    ...(ledger && { ledger }),
    pageFolder,
    ...setup,
  })
  return {
    ...gateway,
    simulatorUrl: simulator.url,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await simulator.close()
      await ledger?.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function ledgerWith(url: string, kept: readonly StreamReport[]): Promise<Ledger> {
  const ledger = openLedger({ url, log: SILENT })
  for (const report of kept) ledger.settled(report)
  await eventually(() => ledger.state.waiting === 0 || undefined)
  return ledger
}
