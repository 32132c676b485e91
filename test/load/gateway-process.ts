/** A gateway in a process of its own, which tells what it holds. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseConfig, startGateway } from '../../src/gateway/index.ts'

/** What the process holds after its garbage has been collected. */
export interface Holdings {
  /** Never shrinks much: freed memory stays with the allocator. */
  readonly rssBytes: number
  /** The most it was since the last question. */
  readonly peakBytes: number
  /** On the heap and in buffers. */
  readonly liveBytes: number
  /** Handles and timers that are open, by their kind. */
  readonly resources: Readonly<Record<string, number>>
  /** Warnings of Node, and rejections that nobody heard. */
  readonly complaints: readonly string[]
}

export type Question = { readonly ask: 'holdings' } | { readonly ask: 'close' }

/** The system's own peak cannot be used: a process inherits that of its parent. */
const PEAK_EVERY_MS = 10

const SILENT = { info() {}, warn() {}, error() {} }

const complaints: string[] = []
process.on('warning', ({ name, message }) => complaints.push(`${name}: ${message}`))
process.on('unhandledRejection', reason => complaints.push(`Unhandled rejection: ${reason}`))

let peakBytes = 0
setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
}, PEAK_EVERY_MS).unref()

const [, , text = ''] = process.argv
const gateway = await startGateway({ config: parseConfig(text, { env: {} }), log: SILENT })
process.send?.(gateway.url)

process.on('message', async ({ ask }: Question) => {
  if (ask === 'holdings') process.send?.(await holdings())
  else {
    await gateway.close()
    process.disconnect?.()
  }
})

async function holdings(): Promise<Holdings> {
  // The first collection finds the sockets, the second one their buffers.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.()
    await nextTurn()
  }
  const { rss: rssBytes, heapUsed, arrayBuffers } = process.memoryUsage()
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  const answer = { rssBytes, peakBytes, liveBytes: heapUsed + arrayBuffers, resources, complaints }
  peakBytes = rssBytes
  return answer
}
