import type { ServerResponse } from 'node:http'
import { encodeComment } from '../../sse/index.ts'

const MiB = 1024 * 1024
/** What may wait for a tab that does not read. */
const MAX_UNREAD_BYTES = 2 * MiB
const MAX_UNREAD_MS = 30_000
const PING_AFTER_MS = 15_000
const PING = encodeComment('ping')

/** A tab that watches. One that sleeps is dropped: it comes back by itself when it wakes, and says where it was. */
export class Watcher {
  readonly #response: ServerResponse
  #unreadSince: number | undefined
  #sentAt: number

  constructor(response: ServerResponse, nowMs: number, onGone: () => void) {
    this.#response = response
    this.#sentAt = nowMs
    response.on('close', onGone).on('error', () => response.destroy())
    response.writeHead(200, [
      'content-type',
      'text/event-stream',
      'cache-control',
      'no-store',
      'x-content-type-options',
      'nosniff',
      // Proxies would gather it.
      'x-accel-buffering',
      'no',
    ])
    response.flushHeaders()
  }

  send(text: string, nowMs: number): void {
    this.#sentAt = nowMs
    this.#response.write(text)
  }

  /** Once each turn: drops a tab that does not read, and keeps the connection of one that has nothing to read. */
  check(nowMs: number): void {
    const unreadBytes = this.#response.writableLength
    this.#unreadSince = unreadBytes === 0 ? undefined : (this.#unreadSince ?? nowMs)
    const isAsleep = this.#unreadSince !== undefined && nowMs - this.#unreadSince >= MAX_UNREAD_MS
    if (isAsleep || unreadBytes > MAX_UNREAD_BYTES) this.#response.destroy()
    else if (nowMs - this.#sentAt >= PING_AFTER_MS) this.send(PING, nowMs)
  }

  end(): void {
    this.#response.end()
  }
}
