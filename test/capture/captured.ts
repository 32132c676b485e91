/** Exchanges that a gateway has captured, for the tests of what becomes of them. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concat } from '../../src/bytes.ts'
import { type Capture, decodeCapture, type Side } from '../../src/capture/index.ts'
import type { DialectName } from '../../src/dialects/index.ts'
import type { Head } from '../../src/http/index.ts'
import { type GatewaySetup, startTestGateway, type TestGateway } from '../gateway.ts'
import { STREAMS } from '../simulated.ts'

export interface CapturingGateway extends TestGateway, AsyncDisposable {
  /** Where the files are. */
  readonly folder: string
  /** Asks as a client does, and waits until the exchange is over. */
  ask(dialect: DialectName, settings?: string, more?: Asked): Promise<Answered>
  /** The file, or the status in its place. */
  file(id: string, headers?: Readonly<Record<string, string>>): Promise<Buffer | number>
  /** The status of its deletion. */
  delete(id: string, headers?: Readonly<Record<string, string>>): Promise<number>
  /** The file, read. */
  capture(id: string, headers?: Readonly<Record<string, string>>): Promise<Capture>
}

export interface Asked {
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

export interface Answered {
  readonly id: string
  readonly status: number
  readonly text: string
}

/** A gateway that captures in a folder of its own, which goes with it. */
export async function startCapturing(
  upstreamUrl: string,
  capture: Partial<NonNullable<GatewaySetup['capture']>> = { mode: 'all' },
  setup: GatewaySetup = {},
): Promise<CapturingGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-captures-'))
  const gateway = await startTestGateway(upstreamUrl, { ...setup, capture: { folder, ...capture } })
  const file = async (id: string, headers = {}) => {
    const response = await fetch(`${gateway.url}/api/streams/${id}/capture`, { headers })
    const bytes = Buffer.from(await response.arrayBuffer())
    return response.status === 200 ? bytes : response.status
  }
  return {
    ...gateway,
    folder,
    file,
    async ask(dialect, settings = '', { body = {}, headers = {}, query = '' } = {}) {
      const [path, usual] = STREAMS[dialect]
      const response = await fetch(`${gateway.url}${path}${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-sim': settings, ...headers },
        body: JSON.stringify({ ...usual, ...body }),
      })
      const id = response.headers.get('x-millrace-request-id') as string
      // A stream that is cut is one of the ends that are captured.
      const text = await response.text().catch(() => '')
      await gateway.report(id, headers)
      return { id, status: response.status, text }
    },
    async delete(id, headers = {}) {
      return (await fetch(`${gateway.url}/api/streams/${id}/capture`, { method: 'DELETE', headers })).status
    },
    async capture(id, headers = {}) {
      const found = await file(id, headers)
      if (typeof found === 'number') throw new Error(`Cannot read the capture of ${id}: status ${found}`)
      return decodeCapture(found)
    },
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** The files of a folder that may not be there. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

/** What one side said, in the pieces in which it said it. */
export function chunksOf({ steps }: Capture, side: Side): readonly Uint8Array[] {
  return steps.flatMap(step => (step.type === 'chunk' && step.side === side ? [step.bytes] : []))
}

export function saidBy(capture: Capture, side: Side): Buffer {
  return Buffer.from(concat(chunksOf(capture, side)))
}

export function headOf({ steps }: Capture, side: Side): Head | undefined {
  for (const step of steps) if (step.type === 'head' && step.side === side) return step.head
  return undefined
}
