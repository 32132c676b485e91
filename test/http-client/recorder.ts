import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure } from '../../src/errors.ts'
import type { Head, HttpClient, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../../src/http/index.ts'

/** Keeps what a client pushes, in order, and says when something has come. */
export class Recorder implements UpstreamHandler {
  /** `head`, `data`, `end`, `error`, as they came. */
  readonly events: string[] = []
  readonly chunks: Buffer[] = []
  /** How often a connection had the request. */
  connects = 0
  head: Head | undefined
  failure: Failure | undefined
  /** What else to do when something has come. */
  onEvent: (event: string) => void = () => {}
  #waiting: { event: string; resolve: () => void }[] = []

  /** Resolves when the call has ended, however. */
  async over(): Promise<this> {
    await Promise.race([this.until('end'), this.until('error')])
    return this
  }

  async until(event: string): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.events.includes(event)) resolve()
    else this.#waiting.push({ event, resolve })
    await promise
    return this
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  get bytes(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0)
  }

  onConnect(): void {
    this.connects++
  }

  onHead(head: Head): void {
    this.head = head
    this.#note('head')
  }

  onData(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk))
    this.#note('data')
  }

  onEnd(): void {
    this.#note('end')
  }

  onError(failure: Failure): void {
    this.failure = failure
    this.#note('error')
  }

  #note(event: string): void {
    this.events.push(event)
    this.onEvent(event)
    for (const { resolve } of this.#waiting.filter(waiting => waiting.event === event)) resolve()
  }
}

/** Sends a POST of two bytes, or what else is wanted. */
export function send(
  client: HttpClient,
  url: URL | string,
  request: Partial<UpstreamRequest> = {},
): { call: UpstreamCall; recorder: Recorder } {
  const recorder = new Recorder()
  const call = client.send(
    { method: 'POST', url: new URL(url), headers: [], body: Buffer.from('{}'), ...request },
    recorder,
  )
  return { call, recorder }
}

/** How long a connection rests before it is used again, and a little more, in milliseconds. */
const RESTED_MS = 10

/** Sends, and waits for the end of the answer and until its socket may be used again. */
export async function fetchAll(
  client: HttpClient,
  url: URL | string,
  request?: Partial<UpstreamRequest>,
): Promise<Recorder> {
  const { recorder } = send(client, url, request)
  await recorder.over()
  await sleep(RESTED_MS)
  return recorder
}
