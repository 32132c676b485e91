/** A write for each line costs as much CPU as the rest of a short exchange; for 8 KiB of lines still 10 µs a line. */
const BATCH_CHARS = 32 * 1024
const FLUSH_MS = 250

/** Gathers lines and gives them on together: when they are many, or soon. */
export class LineBatch {
  readonly #write: (lines: string) => void
  #lines = ''
  #timer: NodeJS.Timeout | undefined

  constructor(write: (lines: string) => void) {
    this.#write = write
  }

  /** @param line with its line feed */
  push(line: string): void {
    this.#lines += line
    if (this.#lines.length >= BATCH_CHARS) this.flush()
    else this.#timer ??= setTimeout(this.#onTime, FLUSH_MS).unref()
  }

  readonly flush = (): void => {
    const lines = this.#lines
    this.#lines = ''
    if (lines !== '') this.#write(lines)
  }

  readonly #onTime = (): void => {
    this.#timer = undefined
    this.flush()
  }
}
