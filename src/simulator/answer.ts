import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RawHeaders } from '../http/index.ts'
import type { Clock } from './clock.ts'
import type { Sighting } from './log.ts'

/**
 * One answer on its socket: what HTTP allows, and what it does not. Every wait ends when the
 * connection does; after that all calls do nothing.
 */
export class Answer {
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #sighting: Sighting
  readonly #clock: Clock
  #isOver = false
  #wasCut = false
  #wake: () => void = () => {}

  constructor(response: ServerResponse, sighting: Sighting, clock: Clock) {
    this.#response = response
    // The response itself has no socket while the one before it is still on its way.
    this.#socket = response.req.socket
    this.#sighting = sighting
    this.#clock = clock
    response.once('close', () => this.#onClose())
  }

  /** Nothing more can or will be sent. */
  get isOver(): boolean {
    return this.#isOver
  }

  head(status: number, headers: RawHeaders): void {
    if (this.#isOver) return
    this.#response.writeHead(status, [...headers])
    this.#response.flushHeaders()
    this.#sighting.headSent(status, this.#clock.now())
  }

  /** One write to the socket; resolves when it can take more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isOver) return
    const isFull = !this.#response.write(bytes)
    // Writes of one turn of the loop would leave as one.
    await nextTurn()
    if (isFull && this.#response.writableNeedDrain) await this.#pause(wake => this.#onDrain(wake))
  }

  frameSent(): void {
    this.#sighting.frameSent()
  }

  /** Bytes past all framing, even after the end. */
  async writeRaw(text: string): Promise<void> {
    await nextTurn()
    if (!this.#socket.destroyed) this.#socket.write(text)
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#response.end()
  }

  /** Closes the connection in the middle of the answer, as a process that exits does (FIN). */
  hangUp(): void {
    this.#cut(() => this.#socket.destroySoon())
  }

  /** Breaks the connection (RST). */
  reset(): void {
    this.#cut(() => this.#socket.resetAndDestroy())
  }

  async sleep(delayMs: number): Promise<void> {
    if (delayMs <= 0) return
    await this.#pause(wake => this.#clock.after(delayMs, wake))
    // A timer that is late must not join two writes: whoever reads in this process comes first.
    await nextTurn()
  }

  /** Does nothing until the connection ends. */
  async stall(): Promise<void> {
    await this.#pause(() => () => {})
  }

  #cut(close: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#wasCut = true
    close()
  }

  /** Waits for a wake or the end of the connection; `start` gives back what cancels it. */
  async #pause(start: (wake: () => void) => () => void): Promise<void> {
    if (this.#isOver) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = start(resolve)
    this.#wake = () => {
      cancel()
      resolve()
    }
    await promise
  }

  #onDrain(wake: () => void): () => void {
    this.#response.once('drain', wake)
    return () => this.#response.off('drain', wake)
  }

  #onClose(): void {
    const isComplete = this.#response.writableFinished && !this.#wasCut
    this.#isOver = true
    this.#sighting.closed(isComplete, !isComplete && !this.#wasCut, this.#clock.now())
    this.#wake()
  }
}
