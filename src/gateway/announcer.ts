import { type Failure, failure } from '../errors.ts'
import type { HookEvent, HookManager, Log, OtherState, StreamReport } from '../observe/index.ts'
import { VERSION } from '../version.ts'
import type { Visit } from './visit.ts'

/** How long what is told last is waited for when the gateway stops. */
const DRAIN_MS = 5000

const ANSWERED: readonly HookEvent[] = ['http.response', 'http.error']
const REQUESTS: readonly HookEvent[] = ['request.started', 'request.completed', 'request.failed']

/** Tells hooks what the gateway does: itself, its connections, and the requests that ask for an answer. */
export class Announcer {
  readonly #hooks: HookManager | undefined
  readonly #log: Log

  constructor(hooks: HookManager | undefined, log: Log) {
    this.#hooks = hooks
    this.#log = log
  }

  starting(): void {
    this.#emit('app.startup', { version: VERSION })
  }

  ready(url: string): void {
    this.#emit('app.ready', { version: VERSION, url })
  }

  stopping(): void {
    this.#emit('app.shutdown', { version: VERSION })
  }

  /** Delivers what is still to be told, within a bound. */
  async drain(): Promise<void> {
    if (this.#hooks === undefined || (await this.#hooks.drain(DRAIN_MS))) return
    this.#log.warn({ waitedMs: DRAIN_MS }, 'hooks were not told everything')
  }

  /** A request has come, and tells how it was answered when it is over. */
  arrived(visit: Visit): void {
    if (this.#hooks === undefined) return
    this.#emit('http.request', requestOf(visit), visit)
    if (!ANSWERED.some(event => this.#hooks?.watches(event))) return
    const since = performance.now()
    const { response } = visit
    const client = clientOf(visit)
    const { socket } = visit.request
    const before = socket.bytesWritten
    response.once('close', () => {
      const status = response.headersSent ? response.statusCode : null
      const durationMs = Math.round((performance.now() - since) * 10) / 10
      const data = { ...requestOf(visit), ...client, status, bytesOut: socket.bytesWritten - before, durationMs }
      if (response.writableFinished) this.#emit('http.response', data, visit)
      else
        this.#emit('http.error', data, visit, failure('cancelled', 'Connection was closed before its answer had ended'))
    })
  }

  /** What came was no request. */
  unreadable(failed: Failure): void {
    this.#emit('http.error', { status: failed.status }, undefined, failed)
  }

  /** A request that asks for an answer of an upstream. */
  started(visit: Visit, dialect: string, operation: string): void {
    this.#emit('request.started', { ...requestOf(visit), dialect, operation }, visit)
  }

  /** @param report how it went; absent for a fault of our own */
  ended(visit: Visit, report: StreamReport | undefined, fault?: Failure): void {
    if (!REQUESTS.some(event => this.#hooks?.watches(event))) return
    const failed = fault ?? failureIn(report)
    const data = { ...requestOf(visit), ...(report === undefined ? {} : { report }) }
    if (failed === undefined) this.#emit('request.completed', data, visit)
    else this.#emit('request.failed', data, visit, failed)
  }

  #emit(event: OtherState['event'], data: OtherState['data'], visit?: Visit, error?: Failure): void {
    if (this.#hooks?.watches(event) !== true) return
    this.#hooks.emit({
      ...{ event, time: Date.now(), data, metadata: visit?.metadata ?? new Map() },
      ...(visit === undefined ? {} : { requestId: visit.id }),
      ...(error === undefined ? {} : { error }),
    })
  }
}

/** Queries may hold keys. */
function requestOf({ request, target }: Visit) {
  return { method: request.method, path: target.path }
}

/** Who asks, as far as it says so; asked while its socket is there. */
function clientOf({ request: { socket, headers, httpVersion } }: Visit) {
  return { httpVersion, remoteAddress: socket.remoteAddress ?? null, userAgent: headers['user-agent'] ?? null }
}

function failureIn(report: StreamReport | undefined): Failure | undefined {
  if (report === undefined || report.outcome === 'completed') return undefined
  const { error, status } = report
  return failure(error?.code ?? 'upstream', error?.message ?? `Request ended as ${report.outcome}`, {
    ...(status === null || status < 400 ? {} : { status }),
  })
}
