import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { copy } from '../bytes.ts'
import { messageOf } from '../errors.ts'
import type { Recorded } from './recorded.ts'
import type { WriterJob, WriterReply, WriterSetup } from './thread.ts'

const WORKER = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)

type Settle = (error: string | undefined) => void

/**
 * Has captures written by a thread of its own: taking secrets out of megabytes of text is not for the loop
 * that serves streams. The thread starts with the first job, and anew when it has died.
 */
export class CaptureWriter {
  readonly #setup: WriterSetup
  readonly #program: URL
  #worker: Worker | undefined
  #number = 0
  readonly #jobs = new Map<number, Settle>()

  /** @param program of the thread. Default: what writes captures */
  constructor(setup: WriterSetup, program = WORKER) {
    this.#setup = setup
    this.#program = program
  }

  /** Resolves when the file is there, or with what went wrong; never rejects. */
  write(recorded: Recorded): Promise<string | undefined> {
    const owned = withOwnMemory(recorded)
    return this.#ask(owned, memoryOf(owned))
  }

  /** Deletes what is too old or too much; never rejects. */
  prune(): Promise<string | undefined> {
    return this.#ask(undefined, [])
  }

  /** Ends the thread when all it was asked is done. */
  async close(): Promise<void> {
    while (this.#jobs.size > 0) await this.#idle()
    await this.#worker?.terminate()
  }

  #ask(recorded: Recorded | undefined, transfer: ArrayBuffer[]): Promise<string | undefined> {
    const job: WriterJob = { number: this.#number++, recorded }
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    this.#jobs.set(job.number, resolve)
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage(job, transfer)
    return promise
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { workerData: this.#setup })
    let died = 'the thread ended'
    worker.on('message', ({ number, error }: WriterReply) => this.#settle(number, error))
    // An error is followed by the exit.
    worker.on('error', error => {
      died = messageOf(error)
    })
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      for (const number of [...this.#jobs.keys()]) this.#settle(number, died)
    })
    return worker
  }

  #settle(number: number, error: string | undefined): void {
    const settle = this.#jobs.get(number)
    this.#jobs.delete(number)
    // An idle thread keeps no process alive.
    if (this.#jobs.size === 0) this.#worker?.unref()
    settle?.(error)
  }

  #idle(): Promise<unknown> {
    return Promise.all(
      [...this.#jobs].map(([number, settle]) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#jobs.set(number, error => {
          settle(error)
          resolve()
        })
        return promise
      }),
    )
  }
}

/** A view would take all of its memory along, and Buffer's pool cannot be given away. */
function withOwnMemory(recorded: Recorded): Recorded {
  const { client, upstream, bytes } = recorded
  const request = <Request extends Recorded['client']>(one: Request): Request =>
    one.body === 'as-client' ? one : { ...one, body: copy(one.body) }
  return {
    ...recorded,
    client: request(client),
    upstream: upstream && request(upstream),
    bytes: { client: copy(bytes.client), upstream: copy(bytes.upstream) },
  }
}

function memoryOf({ client, upstream, bytes }: Recorded): ArrayBuffer[] {
  const bodies = [client.body, upstream?.body].filter(body => body instanceof Uint8Array)
  return [...bodies, bytes.client, bytes.upstream].map(({ buffer }) => buffer as ArrayBuffer)
}
