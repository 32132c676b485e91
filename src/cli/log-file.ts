import { write, writeSync } from 'node:fs'

export interface LogFileOptions {
  /** Bytes that wait at most for a file that takes nothing; what comes then is dropped. Default 1 MiB. */
  readonly maxWaitingBytes?: number
  /** Told of the first error of writing, and then no more. */
  readonly onError: (error: Error) => void
}

const MAX_WAITING_BYTES = 1024 * 1024
/** After this a pipe that was full, or a disk, is tried again; and at the end of the process. */
const RETRY_MS = 100
const LAST_RETRY_MS = 5
/** What the end of the process waits for a reader that does not read. */
const MAX_LAST_MS = 1000

/**
 * Writes lines to an open file or pipe, in their order and one write at a time, so that nobody waits for a
 * slow one. What cannot be written stays and is tried again, up to a limit: a full disk gets its lines
 * when it has room again.
 */
export class LogFile {
  readonly #fd: number
  readonly #maxWaitingBytes: number
  readonly #onError: (error: Error) => void
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  /** What is being written. */
  #current: Uint8Array | undefined
  #isWriting = false
  #isErrorTold = false
  #droppedLines = 0
  /** Nobody reads the pipe any more: nothing is kept. */
  #isGone = false
  #retry: NodeJS.Timeout | undefined
  #idle: (() => void)[] = []

  constructor(fd: number, { maxWaitingBytes = MAX_WAITING_BYTES, onError }: LogFileOptions) {
    this.#fd = fd
    this.#maxWaitingBytes = maxWaitingBytes
    this.#onError = onError
  }

  /** Lines that were left out for want of room. */
  get droppedLines(): number {
    return this.#droppedLines
  }

  /** @param lines whole lines; they are dropped together when too much waits already */
  write(lines: string): void {
    const bytes = Buffer.from(lines)
    if (this.#isGone) return
    if (this.#waitingBytes + bytes.length > this.#maxWaitingBytes) {
      this.#droppedLines += lines.split('\n').length - 1
      this.#tell(new Error(`more than ${this.#maxWaitingBytes} bytes wait, lines are left out`))
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#next()
  }

  /** Resolves when nothing waits any more, or `maxMs` have passed. */
  async drain(maxMs: number = MAX_LAST_MS): Promise<void> {
    if (this.#waitingBytes === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle.push(resolve)
    const timer = setTimeout(resolve, maxMs)
    await promise
    clearTimeout(timer)
  }

  /**
   * Writes what waits before it returns, for the end of a process. What is being written ends by itself,
   * since Node waits for its threads; it may then stand after what comes here.
   */
  writeLast(): void {
    const until = Date.now() + MAX_LAST_MS
    const pieces = this.#isWriting || this.#current === undefined ? this.#waiting : [this.#current, ...this.#waiting]
    this.#waiting = []
    let rest: Uint8Array = Buffer.concat(pieces)
    while (rest.length > 0) {
      const written = this.#tryNow(rest)
      if (written === undefined || Date.now() > until) return
      rest = rest.subarray(written)
      if (written === 0) Atomics.wait(NEVER, 0, 0, LAST_RETRY_MS)
    }
  }

  /** Bytes that were written; 0 when a pipe is full, undefined when nothing will help. */
  #tryNow(bytes: Uint8Array): number | undefined {
    try {
      return writeSync(this.#fd, bytes)
    } catch (error) {
      if (isBusy(error as NodeJS.ErrnoException)) return 0
      this.#tell(error as Error)
      return undefined
    }
  }

  #next(): void {
    if (this.#isWriting || this.#retry !== undefined) return
    if (this.#current === undefined) {
      if (this.#waiting.length === 0) return
      this.#current = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting)
      this.#waiting = []
    }
    this.#isWriting = true
    write(this.#fd, this.#current as Uint8Array, this.#onWritten)
  }

  readonly #onWritten = (error: NodeJS.ErrnoException | null, written: number): void => {
    this.#isWriting = false
    if (error !== null) {
      this.#pause(error)
      return
    }
    const rest = this.#current?.subarray(written)
    this.#current = rest?.length === 0 ? undefined : rest
    this.#waitingBytes -= written
    if (this.#waitingBytes === 0) this.#onIdle()
    this.#next()
  }

  #pause(error: NodeJS.ErrnoException): void {
    if (!isBusy(error)) this.#tell(error)
    if (error.code === 'EPIPE') this.#giveUp()
    else this.#retry = setTimeout(this.#onRetry, RETRY_MS).unref()
  }

  #giveUp(): void {
    this.#isGone = true
    this.#waiting = []
    this.#current = undefined
    this.#waitingBytes = 0
    this.#onIdle()
  }

  #onIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  readonly #onRetry = (): void => {
    this.#retry = undefined
    this.#next()
  }

  #tell(error: Error): void {
    if (!this.#isErrorTold) this.#onError(error)
    this.#isErrorTold = true
  }
}

/** Nobody wakes who waits for it: a sleep. */
const NEVER = new Int32Array(new SharedArrayBuffer(4))

function isBusy({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EAGAIN' || code === 'EBUSY'
}
