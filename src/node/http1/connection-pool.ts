import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import type { Sweep, SweepTarget } from '../../http/index.ts'
import { Roster } from '../../roster.ts'
import { Connection, type ConnectionOwner } from './connection.ts'

/** Who wants a connection. */
export interface Waiting {
  use(connection: Connection): void
  fail(error: Error): void
}

export interface PoolOptions {
  /** How long a connection is kept when idle, unless the upstream hints at a time, in milliseconds. */
  readonly keepAliveMs: number
  /** Connections at a time; more requests wait. */
  readonly connections: number
}

/**
 * How long a connection rests after an answer, in milliseconds, while others can be had. What an upstream says beyond
 * its answer comes at once, if at all.
 */
const REST_MS = 5
/** A hint is the upstream's clock: its connection is given up so much earlier, in milliseconds. */
const HINT_MARGIN_MS = 2000
/** A connection is not kept for longer when idle, whatever the upstream hints at. */
const MAX_IDLE_MS = 600_000

/**
 * The connections to one origin.
 *
 * The one that has rested longest is used next. What an upstream says beyond its answer has had its time to
 * come then, and is nobody's: taken for the next answer it would lead one client's answers to another.
 * Who finds none waits in turn.
 */
export class ConnectionPool implements ConnectionOwner, SweepTarget {
  rosterIndex?: number | undefined
  readonly #url: URL
  readonly #connect: buildConnector.connector
  readonly #options: PoolOptions
  readonly #sweep: Sweep
  readonly #onEmpty: () => void
  readonly #all = new Roster<Connection>()
  readonly #idle: Connection[] = []
  /** Whose answers this turn of the event loop has completed. */
  #settling: Connection[] = []
  readonly #waiting = new Set<Waiting>()
  #connecting = 0
  #isClosed = false

  /** @param onEmpty called when there is no connection any more, and nobody who waits for one */
  constructor(url: URL, connect: buildConnector.connector, sweep: Sweep, options: PoolOptions, onEmpty: () => void) {
    this.#onEmpty = onEmpty
    this.#url = url
    this.#connect = connect
    this.#sweep = sweep
    this.#options = options
  }

  /** @param isFresh not one of the idle connections: one of them has just turned out to be closed */
  ask(waiting: Waiting, isFresh = false): void {
    const canOpen = this.#all.size + this.#connecting < this.#options.connections
    const idle = isFresh ? undefined : this.#takeIdle(canOpen)
    if (idle !== undefined) return waiting.use(idle)
    this.#waiting.add(waiting)
    if (canOpen) this.#open()
  }

  /** Does not want one any more. */
  forget(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  /** Closes the idle connections, and the others when they come back. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }

  /** Not before the next turn of the event loop is over, which sees what has come already: the end of the connection, too. */
  onFree(connection: Connection): void {
    if (this.#settling.push(connection) === 1) setImmediate(setImmediate, ConnectionPool.#settle, this)
  }

  onClosed(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    if (this.#waiting.size > this.#connecting) this.#open()
    this.#tellIfEmpty()
  }

  sweep(nowMs: number): void {
    for (const connection of this.#idle.filter(({ idleUntilMs }) => idleUntilMs <= nowMs)) connection.destroy()
    if (this.#idle.length === 0) this.#sweep.delete(this)
  }

  static #settle(pool: ConnectionPool): void {
    const settled = pool.#settling
    pool.#settling = []
    for (const connection of settled) if (!connection.isDestroyed) pool.#rest(connection)
  }

  #rest(connection: Connection): void {
    const idleMs = this.#idleMs(connection)
    const next = first(this.#waiting)
    if (next !== undefined && idleMs > 0) this.#give(connection, next)
    else if (this.#isClosed || idleMs <= 0) connection.destroy()
    else {
      const nowMs = this.#sweep.now()
      connection.restsUntilMs = nowMs + REST_MS
      connection.idleUntilMs = nowMs + idleMs
      connection.rest()
      this.#idle.push(connection)
      this.#sweep.add(this)
    }
  }

  /** @param isPatient one that still rests is left alone */
  #takeIdle(isPatient: boolean): Connection | undefined {
    const nowMs = this.#sweep.now()
    for (let [next] = this.#idle; next !== undefined; [next] = this.#idle) {
      if (isPatient && next.restsUntilMs > nowMs) break
      this.#idle.shift()
      if (next.idleUntilMs > nowMs && !next.isDestroyed) return next
      next.destroy()
    }
    return undefined
  }

  #idleMs({ keepAliveHintMs }: Connection): number {
    if (keepAliveHintMs === undefined) return this.#options.keepAliveMs
    return Math.min(keepAliveHintMs - HINT_MARGIN_MS, MAX_IDLE_MS)
  }

  #open(): void {
    const { hostname, host, protocol, port } = this.#url
    this.#connecting++
    this.#connect({ hostname: bare(hostname), host, protocol, port }, (error, socket) => {
      this.#connecting--
      if (error === null) this.#opened(socket)
      else this.#failed(error)
    })
  }

  #opened(socket: Socket): void {
    const connection = new Connection(socket, this)
    this.#all.add(connection)
    const next = first(this.#waiting)
    if (next === undefined) this.#rest(connection)
    else this.#give(connection, next)
  }

  #failed(error: Error): void {
    const next = first(this.#waiting)
    if (next !== undefined) {
      this.#waiting.delete(next)
      next.fail(error)
    }
    if (this.#waiting.size > this.#connecting) this.#open()
    this.#tellIfEmpty()
  }

  #tellIfEmpty(): void {
    if (this.#all.size + this.#connecting + this.#waiting.size === 0) this.#onEmpty()
  }

  #give(connection: Connection, next: Waiting): void {
    this.#waiting.delete(next)
    next.use(connection)
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const item of set) return item
  return undefined
}

/** An IPv6 address without the brackets that it has in a URL. */
function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
