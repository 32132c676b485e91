import { fromUtf8 } from '../bytes.ts'
import { LineTracer, type LineTracerOptions } from './line-tracer.ts'
import type { StreamReport } from './report.ts'

/** What a `FileTracer` shows, and where. */
export interface FileTracerOptions extends LineTracerOptions {
  /** Where the files are made, one for each request; it must be there. */
  readonly folder: string
  /** Adds text to the end of a file, which it makes when there is none. */
  readonly append: (path: string, text: string) => void | Promise<void>
  /** Largest file, in bytes; what comes after is left out. Default 1 MiB. */
  readonly maxFileBytes?: number
  /** Files that are kept; the oldest one goes for a new one. Default 1000. */
  readonly maxFiles?: number
  /** Removes a file. Default: none is removed. */
  readonly remove?: (path: string) => void | Promise<void>
  /** Told when a file cannot be written or removed. */
  readonly onError: (error: unknown) => void
}

interface TraceFile {
  readonly path: string
  bytes: number
}

const CUT = '{"trace":"cut"}'

/** Traces to a folder: one file of JSON lines for each request, named after its id. */
export class FileTracer extends LineTracer {
  readonly #options: FileTracerOptions
  readonly #maxFileBytes: number
  readonly #maxFiles: number
  readonly #files = new Map<string, TraceFile>()
  /** All that were made, the oldest first. */
  readonly #made: string[] = []
  /** Writes are made one after the other, so that lines stay in order. */
  #written: Promise<void> = Promise.resolve()

  constructor(options: FileTracerOptions) {
    super(options)
    this.#options = options
    this.#maxFileBytes = options.maxFileBytes ?? 1024 * 1024
    this.#maxFiles = options.maxFiles ?? 1000
  }

  /** The report, and the end of the file. */
  override traceStreamComplete(report: StreamReport): void {
    super.traceStreamComplete(report)
    this.#files.delete(report.id)
  }

  /** Resolves when everything traced so far is written. */
  flush(): Promise<void> {
    return this.#written
  }

  protected override write(id: string, line: string): void {
    const file = this.#files.get(id) ?? this.#make(id)
    if (file.bytes > this.#maxFileBytes) return
    file.bytes += fromUtf8(line).length + 1
    this.#append(file.path, `${file.bytes > this.#maxFileBytes ? CUT : line}\n`)
  }

  #make(id: string): TraceFile {
    const file = { path: `${this.#options.folder}/${fileName(id)}`, bytes: 0 }
    this.#files.set(id, file)
    this.#made.push(file.path)
    if (this.#made.length > this.#maxFiles) this.#remove(this.#made.shift() as string)
    return file
  }

  #remove(path: string): void {
    const { remove, onError } = this.#options
    if (remove !== undefined) this.#written = this.#written.then(() => remove(path)).catch(onError)
  }

  #append(path: string, text: string): void {
    const { append, onError } = this.#options
    this.#written = this.#written.then(() => append(path, text)).catch(onError)
  }
}

/** Safe on any file system, and different for different ids of up to 48 characters. */
function fileName(id: string): string {
  const safe = id.slice(0, 48).replace(/[^\w-]/g, unsafe => `~${unsafe.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `${safe}.jsonl`
}
