import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../errors.ts'
import type { Outcome } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { CAPTURE_SUFFIX, type CaptureSubject } from './capture.ts'
import { decodeSubject } from './decode.ts'

/** How long captures are kept, and how much of them. */
export interface Retention {
  /** Milliseconds since an exchange was captured. */
  readonly maxAgeMs: number
  /** Bytes of all files together; the oldest go first. */
  readonly maxTotalBytes: number
}

/** A captured exchange, as far as a list tells. */
export interface CaptureEntry extends CaptureSubject {
  readonly bytes: number
  /** Undefined where the file is torn. */
  readonly model: string | undefined
  readonly outcome: Outcome | undefined
  readonly status: number | undefined
}

/** A file of the folder. */
interface Kept {
  readonly id: string
  readonly bytes: number
  readonly writtenAt: number
}

/** An id that is the name of a file: no way leads out of the folder. */
const ID = /^\w[\w-]{0,99}$/
/** What is being written; it becomes the file when it is complete. */
const PART_SUFFIX = '.part'
/** A part that is older was left by a program that died. */
const PART_AGE_MS = 3_600_000
const FIRST_LINE_BYTES = 16 * 1024
/** Room for a report. */
const LAST_LINE_BYTES = 64 * 1024

/** The files of captured exchanges, one each. Several programs may use one folder. */
export class CaptureFolder {
  readonly #path: string

  /** @param path it need not be there yet */
  constructor(path: string) {
    this.#path = path
  }

  /** Where the file of an exchange is, or would be. */
  pathOf(id: string): string {
    return join(this.#path, `${id}${CAPTURE_SUFFIX}`)
  }

  /** Nobody but the owner of the process can read it, and nobody sees half of it. */
  async write(id: string, text: string): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 })
    const part = `${this.pathOf(id)}${PART_SUFFIX}`
    try {
      await writeFile(part, text, { mode: 0o600 })
      await rename(part, this.pathOf(id))
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
  }

  /** The file; undefined where there is none. */
  async read(id: string): Promise<Buffer | undefined> {
    return ID.test(id) ? absent(readFile(this.pathOf(id))) : undefined
  }

  /** Whose it is and what it is of; undefined where there is none, or none that can be read. */
  async subject(id: string): Promise<CaptureSubject | undefined> {
    if (!ID.test(id)) return undefined
    const edges = await this.#edges(id)
    return edges && readable(edges.first)
  }

  async has(id: string): Promise<boolean> {
    return ID.test(id) && (await absent(stat(this.pathOf(id)))) !== undefined
  }

  /** Whether there was one. */
  async delete(id: string): Promise<boolean> {
    if (!ID.test(id)) return false
    return (await absent(rm(this.pathOf(id)).then(() => true))) ?? false
  }

  /** The ids of all that are there. */
  async ids(): Promise<readonly string[]> {
    const names = (await absent(readdir(this.#path))) ?? []
    return names.flatMap(name => (name.endsWith(CAPTURE_SUFFIX) ? [name.slice(0, -CAPTURE_SUFFIX.length)] : []))
  }

  /** All that are there, the newest first. */
  async list(): Promise<readonly CaptureEntry[]> {
    const entries: CaptureEntry[] = []
    for (const { id, bytes } of (await this.#kept()).reverse()) {
      const edges = await this.#edges(id)
      const subject = edges && readable(edges.first)
      // Gone meanwhile, or of another version: what is in it cannot be told, and it goes with its age.
      if (subject === undefined) continue
      const report = reportIn(edges?.last ?? '')
      const { requested, sent } = report?.model ?? {}
      entries.push({
        ...subject,
        bytes,
        model: requested ?? sent ?? undefined,
        outcome: report?.outcome,
        status: report?.status ?? undefined,
      })
    }
    return entries
  }

  /** Deletes what is older, and of the rest the oldest until it fits. Tells how much that was. */
  async prune({ maxAgeMs, maxTotalBytes }: Retention, nowMs = Date.now()): Promise<{ files: number; bytes: number }> {
    await this.#dropParts(nowMs)
    const kept = await this.#kept()
    let total = kept.reduce((sum, { bytes }) => sum + bytes, 0)
    const gone = { files: 0, bytes: 0 }
    for (const { id, bytes, writtenAt } of kept) {
      if (nowMs - writtenAt <= maxAgeMs && total <= maxTotalBytes) break
      total -= bytes
      if (!(await this.delete(id))) continue
      gone.files += 1
      gone.bytes += bytes
    }
    return gone
  }

  /** The oldest first. */
  async #kept(): Promise<Kept[]> {
    const ids = await this.ids()
    const kept = await Promise.all(
      ids.map(async id => {
        const found = await absent(stat(this.pathOf(id)))
        return found && { id, bytes: found.size, writtenAt: found.mtimeMs }
      }),
    )
    return kept.filter(file => file !== undefined).sort((a, b) => a.writtenAt - b.writtenAt)
  }

  async #dropParts(nowMs: number): Promise<void> {
    const names = (await absent(readdir(this.#path))) ?? []
    for (const name of names.filter(name => name.endsWith(`${CAPTURE_SUFFIX}${PART_SUFFIX}`))) {
      const path = join(this.#path, name)
      const found = await absent(stat(path))
      if (found !== undefined && nowMs - found.mtimeMs > PART_AGE_MS) await rm(path, { force: true })
    }
  }

  /** The first line of a file, and its end. */
  async #edges(id: string): Promise<{ readonly first: string; readonly last: string } | undefined> {
    const file = await absent(open(this.pathOf(id)))
    if (file === undefined) return undefined
    try {
      const { size } = await file.stat()
      const begin = await file.read(Buffer.alloc(FIRST_LINE_BYTES), 0, FIRST_LINE_BYTES, 0)
      const [first = ''] = begin.buffer.toString('utf8', 0, begin.bytesRead).split('\n', 1)
      const from = Math.max(0, size - LAST_LINE_BYTES)
      const end = await file.read(Buffer.alloc(LAST_LINE_BYTES), 0, LAST_LINE_BYTES, from)
      const last = end.buffer.toString('utf8', 0, end.bytesRead).trimEnd().split('\n').at(-1) ?? ''
      return { first, last }
    } finally {
      await file.close()
    }
  }
}

function readable(firstLine: string): CaptureSubject | undefined {
  try {
    return decodeSubject(firstLine)
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

function reportIn(line: string): StreamReport | undefined {
  try {
    const { type, report } = JSON.parse(line)
    return type === 'report' ? report : undefined
  } catch {
    // A torn file has none.
    return undefined
  }
}

/** Undefined for what is not there: another program may have deleted it. */
async function absent<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
