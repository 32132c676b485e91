import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assertReplayable, type Replayed } from './captured.ts'
import { type Clock, systemClock } from './clock.ts'
import { RequestLog, type SeenRequest } from './log.ts'
import { serve } from './serve.ts'

export interface SimulatorOptions {
  /** Default 0: a free one. */
  readonly port?: number
  /** Address to listen on. Default 127.0.0.1; the simulator knows no keys and belongs nowhere else. */
  readonly host?: string
  /**
   * Folder of recorded streams, `<dialect>/<name>.sse`, and of captured exchanges, `<name>.mlr.jsonl`; without it
   * there are no replays.
   */
  readonly replayDir?: string
  /** A captured exchange that is the answer to every request of its kind; all others are not found. */
  readonly captured?: Replayed
  /** Where random cuts and request ids begin. Default 1. */
  readonly seed?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

export interface Simulator {
  /** `http://127.0.0.1:8643`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** The last 1000 requests with a higher number than `since`, oldest first, as they stand now. */
  requests(since?: number): readonly SeenRequest[]
  /** Cuts every connection and stops listening. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts an upstream that speaks all four dialects, answers by script, and fails on demand.
 *
 * `docs/simulator.md` has its models, settings and faults. Resolves once it listens.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', replayDir, captured, seed = 1, clock = systemClock } = options
  if (captured !== undefined) assertReplayable(captured)
  const simulation = { log: new RequestLog(), clock, seed, replayDir, captured, uses: new Map() }
  const serving = new Set<Promise<void>>()
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/__sim/requests')) return tell(simulation.log, request, response)
    const served = serve(simulation, request, response).finally(() => serving.delete(served))
    serving.add(served)
  })
  server.listen(port, host)
  await once(server, 'listening')
  let closing: Promise<void> | undefined
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address

  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    requests: (since = 0) => simulation.log.list(since),
    close: () => (closing ??= stop()),
  }

  async function stop(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    // Waits of answers end with their connections.
    server.closeAllConnections()
    await closed
    await Promise.all(serving)
  }
}

/** `GET` lists what came after number `since`, `DELETE` forgets it. */
function tell(log: RequestLog, { method, url = '' }: IncomingMessage, response: ServerResponse): void {
  const since = Number(new URLSearchParams(url.split('?')[1]).get('since') ?? 0)
  if (method === 'DELETE') log.clear()
  const body = method === 'DELETE' ? undefined : JSON.stringify(log.list(since))
  response.writeHead(body === undefined ? 204 : 200, { 'content-type': 'application/json' }).end(body)
}
