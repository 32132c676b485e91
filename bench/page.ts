/**
 * What does it cost to watch a thousand streams?
 *
 * The same gateway, the same thousand streams, with the page open and with it closed in turn: its CPU for what
 * it passes on, and what the page takes of its main thread. It wants Debian's Chromium:
 * `node bench/page.ts [streams] [delayMs] [rounds]`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession, Page } from 'playwright-core'
import { parseConfig, startGateway } from '../src/gateway/index.ts'
import { Live } from '../src/gateway/page/live.ts'
import { startSimulator } from '../src/simulator/index.ts'
import { openBrowser, openTab } from '../test/page/browser.ts'
import { buildPage } from '../test/page/build.ts'

const [, , first = '1000', second = '100', third = '4'] = process.argv
const WINDOW_MS = 8000
const SETTLE_MS = 2000
/** How long a round can take: streams must not end before. */
const ROUND_MS = 40_000

if (first === 'simulator') await serveSimulator()
else if (first === 'gateway') await serveGateway(second, third)
else await measure(Number(first), Number(second), Number(third))

async function serveSimulator(): Promise<void> {
  const { url } = await startSimulator()
  process.send?.(url)
}

/** What the gateway has spent so far: CPU in microseconds, and milliseconds in looks at its streams. */
interface Spent {
  readonly cpuUs: number
  readonly lookMs: number
}

/** Tells what it has spent whenever it is asked. */
async function serveGateway(upstream: string, pageFolder: string): Promise<void> {
  const config = parseConfig(
    JSON.stringify({
      server: { port: 0 },
      upstreams: { up: { dialects: { chat: `${upstream}/v1` } } },
      limits: { streams: 10_000, connections: 20_000 },
    }),
    { env: {} },
  )
  const log = { info() {}, warn() {}, error() {} }
  let lookMs = 0
  const { turn } = Live.prototype
  Live.prototype.turn = function timed(this: Live) {
    const since = performance.now()
    turn.call(this)
    lookMs += performance.now() - since
  }
  const { url } = await startGateway({ config, log, pageFolder })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuUs: user + system, lookMs } satisfies Spent)
  })
  process.send?.(url)
}

async function measure(streams: number, delayMs: number, rounds: number): Promise<void> {
  await using built = await buildPage()
  const simulator = fork(import.meta.filename, ['simulator'])
  const [upstream] = await once(simulator, 'message')
  const gateway = fork(import.meta.filename, ['gateway', String(upstream), built.folder])
  const [url] = (await once(gateway, 'message')) as [string]
  const load = openStreams(url, streams, delayMs, rounds)
  const browser = await openBrowser()
  try {
    await using tab = await openTab(browser, url)
    const cdp = await tab.context.newCDPSession(tab.page)
    await cdp.send('Performance.enable')
    await sleep(3 * SETTLE_MS)
    const closed: Sample[] = []
    const open: Sample[] = []
    for (let round = 0; round < rounds; round++) {
      closed.push(await sample(tab.page, cdp, 'about:blank', gateway, load))
      open.push(await sample(tab.page, cdp, url, gateway, load))
    }
    tell({ streams, delayMs, closed, open })
  } finally {
    await browser.close()
    load.stop()
    gateway.kill()
    simulator.kill()
  }
}

interface Load {
  bytes: number
  stop(): void
}

function openStreams(url: string, streams: number, delayMs: number, rounds: number): Load {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const headers = {
    'content-type': 'application/json',
    'x-sim': `delay=${delayMs},words=${Math.ceil((rounds * ROUND_MS) / delayMs)}`,
  }
  const body = JSON.stringify({ model: 'slow', stream: true, messages: [] })
  const load = { bytes: 0, stop: () => agent.destroy() }
  for (let n = 0; n < streams; n++)
    request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, response => {
      response.on('data', (chunk: Buffer) => {
        load.bytes += chunk.length
      })
      response.on('error', () => {})
    })
      .on('error', () => {})
      .end(body)
  return load
}

interface Sample {
  /** Nanoseconds of the gateway's CPU for each byte that clients got. */
  readonly nsByte: number
  /** Share of a core that the gateway took. */
  readonly gateway: number
  /** Share of its CPU that it spent looking and telling. */
  readonly looks: number
  /** Share of the window in which the page's main thread was at work. */
  readonly page: number
}

async function sample(page: Page, cdp: CDPSession, at: string, gateway: ChildProcess, load: Load): Promise<Sample> {
  await page.goto(at)
  await sleep(SETTLE_MS)
  const [before, busy, bytes, since] = [await spentBy(gateway), await busyOf(cdp), load.bytes, performance.now()]
  await sleep(WINDOW_MS)
  const elapsedMs = performance.now() - since
  const after = await spentBy(gateway)
  const cpuUs = after.cpuUs - before.cpuUs
  return {
    nsByte: (cpuUs * 1000) / (load.bytes - bytes),
    gateway: cpuUs / 1000 / elapsedMs,
    looks: ((after.lookMs - before.lookMs) * 1000) / cpuUs,
    page: (((await busyOf(cdp)) - busy) * 1000) / elapsedMs,
  }
}

async function spentBy(gateway: ChildProcess): Promise<Spent> {
  gateway.send('spent')
  const [spent] = await once(gateway, 'message')
  return spent as Spent
}

/** Seconds that the main thread of the page has worked. */
async function busyOf(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
}

interface Measured {
  readonly streams: number
  readonly delayMs: number
  readonly closed: readonly Sample[]
  readonly open: readonly Sample[]
}

function tell({ streams, delayMs, closed, open }: Measured): void {
  const of = (samples: readonly Sample[], member: keyof Sample) => median(samples.map(sample => sample[member]))
  const paid = of(open, 'nsByte') / of(closed, 'nsByte') - 1
  console.log(`${streams} streams, an event each ${delayMs} ms; load average ${loadavg()[0]?.toFixed(1)}`)
  console.log(
    `gateway: ${share(of(closed, 'gateway'))} of a core with the page closed, ${share(of(open, 'gateway'))} open`,
  )
  console.log(`gateway pays for the page, CPU for each byte: ${share(paid)} (to reach: at most 5 %)`)
  console.log(`its looks take, by the clock: ${share(of(open, 'looks'))} of that (to reach: at most 5 %)`)
  console.log(`main thread of the page: ${share(of(open, 'page'))} of a core (to reach: below 50 %)`)
  for (const [name, samples] of Object.entries({ closed, open }))
    console.log(`  ${name}: ${samples.map(({ nsByte }) => nsByte.toFixed(1)).join(', ')} ns a byte`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

function share(of: number): string {
  return `${(of * 100).toFixed(1)} %`
}
