import { existsSync } from 'node:fs'
import type { StreamReport } from '../observe/index.ts'
import { CaptureFolder, type Retention } from './folder.ts'
import { RecordingMemory } from './memory.ts'
import type { Recorded } from './recorded.ts'
import { type ClientRequest, Recording } from './recording.ts'
import { CaptureWriter } from './writer.ts'

/** What is captured, and how much of it is kept; `docs/capture.md` has it. */
export interface CaptureSettings extends Retention {
  /** Which exchanges are captured by themselves. */
  readonly mode: 'off' | 'errors' | 'sample' | 'all'
  /** How many of them with `sample`, from 0 to 1. */
  readonly sampleShare: number
  /** Whether clients may ask for it. */
  readonly onRequest: boolean
  /** Names of the client keys whose exchanges may be captured; none: everybody's. */
  readonly keys: readonly string[]
  /** Bytes that are kept of one exchange. */
  readonly maxBytes: number
  /** Bytes that are held of all running ones. */
  readonly maxMemoryBytes: number
}

export interface CapturesOptions {
  readonly settings: CaptureSettings
  /** Where the files are; it need not be there yet. */
  readonly folder: string
  /** Every configured key: none of them stands in a file. */
  readonly secrets: readonly string[]
  /** Told what cannot be written. */
  readonly onError: (message: string) => void
  /** Milliseconds, of any beginning. Default: `performance.now`. */
  readonly now?: () => number
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number
}

/** How often what is too old is looked for where nothing is written. */
const PRUNE_EVERY_MS = 3_600_000

/** What a client says about its own exchange. */
export type CaptureWish = 'on' | 'off' | undefined

/** The captured exchanges of a process: those that run and those that are kept. */
export class Captures {
  readonly #options: CapturesOptions
  readonly #memory: RecordingMemory
  readonly #folder: CaptureFolder
  readonly #writer: CaptureWriter
  /** Recordings that run, by id. */
  readonly #running = new Map<string, Recording>()
  /** What is being written, by id. */
  readonly #pending = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: CapturesOptions) {
    const { settings, folder, secrets } = options
    const { maxAgeMs, maxTotalBytes, maxMemoryBytes } = settings
    this.#options = options
    this.#memory = new RecordingMemory(maxMemoryBytes)
    this.#folder = new CaptureFolder(folder)
    this.#writer = new CaptureWriter({ folder, secrets, maxAgeMs, maxTotalBytes })
  }

  /** Looks after the age of what is kept from now on. */
  start(): void {
    const prune = () => {
      // What was captured once goes also where nothing is captured any more.
      if (existsSync(this.#options.folder)) this.#writer.prune().then(this.#tell)
    }
    prune()
    this.#timer = setInterval(prune, PRUNE_EVERY_MS).unref()
  }

  /** Records an exchange; undefined where that is not wished. */
  record(asked: () => ClientRequest, key: string | null, wish: CaptureWish): Recording | undefined {
    const { mode, keys, onRequest } = this.#options.settings
    if ((mode === 'off' && !onRequest) || wish === 'off') return undefined
    if (keys.length > 0 && (key === null || !keys.includes(key))) return undefined
    const isAsked = onRequest && wish === 'on'
    if (!isAsked && !this.#isChosen()) return undefined
    const { now = () => performance.now(), settings } = this.#options
    const isKept = (outcome: StreamReport['outcome']) => isAsked || mode !== 'errors' || outcome !== 'completed'
    const recording = new Recording(asked(), {
      maxBytes: settings.maxBytes,
      memory: this.#memory,
      now,
      onEnd: (recorded, { id, bytes }) => {
        this.#running.delete(id)
        if (recorded !== undefined && isKept(recorded.report.outcome)) this.#write(recorded, bytes)
        else this.#memory.give(bytes)
      },
    })
    this.#running.set(recording.id, recording)
    return recording
  }

  /** Bytes that are held of exchanges that run, or wait to be written. */
  get memoryBytes(): number {
    return this.#memory.bytes
  }

  /** Whether a file is kept of this exchange. */
  has(id: string): Promise<boolean> {
    return this.#folder.has(id)
  }

  /**
   * The file of an exchange; undefined where there is none.
   * @param key only one of this key; undefined: of anybody
   */
  async read(id: string, key?: string): Promise<Buffer | undefined> {
    await this.#pending.get(id)
    return (await this.#isOf(id, key)) ? this.#folder.read(id) : undefined
  }

  /**
   * Deletes what is kept of an exchange, also of one that still runs; false where there is nothing.
   * @param key only one of this key; undefined: of anybody
   */
  async delete(id: string, key?: string): Promise<boolean> {
    const running = this.#running.get(id)
    if (running !== undefined && (key === undefined || running.key === key)) {
      running.discard()
      return true
    }
    await this.#pending.get(id)
    return (await this.#isOf(id, key)) && this.#folder.delete(id)
  }

  /** Writes what has been recorded to its end. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writer.close()
    await Promise.all(this.#pending.values())
  }

  #isChosen(): boolean {
    const { settings, random = Math.random } = this.#options
    switch (settings.mode) {
      case 'off':
        return false
      case 'errors':
      case 'all':
        return true
      case 'sample':
        return random() < settings.sampleShare
      default:
        return settings.mode satisfies never
    }
  }

  #write(recorded: Recorded, bytes: number): void {
    const { id } = recorded
    const written = this.#writer.write(recorded).then(error => {
      this.#pending.delete(id)
      this.#memory.give(bytes)
      this.#tell(error)
    })
    this.#pending.set(id, written)
  }

  async #isOf(id: string, key: string | undefined): Promise<boolean> {
    return key === undefined || (await this.#folder.subject(id))?.key === key
  }

  readonly #tell = (error: string | undefined): void => {
    if (error !== undefined) this.#options.onError(error)
  }
}
