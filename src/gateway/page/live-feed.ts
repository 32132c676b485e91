import type { Progress } from '../../exchange/index.ts'
import type { OpenStream, Streams } from '../streams.ts'
import { endedRow, type LiveMove, type LiveRow, openRow, Pace } from './live-row.ts'

/** Open streams in one list; the rest is counted. */
const MAX_ROWS = 2000
/** Streams that ended since the last event and are told one by one; the rest is counted. */
const MAX_ENDED = 100
/** Streams that ended before somebody came to watch. */
const EARLIER = 50
const MAX_GAPS = 16

/** What one event of the live view tells; as `snapshot` everything, as `change` what is new. */
export interface LiveChange {
  /** When it was looked, in milliseconds since the epoch. */
  readonly atMs: number
  /** Open streams that are in no row, since there are too many. */
  readonly unlisted: number
  /** Streams that came and went since the last event and are not told one by one. */
  readonly passed: number
  /** Rows that are new, that are known better, or that have ended. */
  readonly rows: readonly LiveRow[]
  /** Rows that only moved. */
  readonly moved: readonly LiveMove[]
}

interface Watched {
  readonly n: number
  readonly pace: Pace
  row: LiveRow
  gapCount: number
}

/** What one owner sees of the open streams, and what has changed of it since the last look. */
export class LiveFeed {
  readonly #streams: Streams
  readonly #owner: string | undefined
  readonly #open = new Map<OpenStream, Watched>()
  #nextRow = 0
  #notedCount: number
  #unlisted = 0

  /** @param owner name of the key whose streams are seen; undefined: all are */
  constructor(streams: Streams, owner: string | undefined) {
    this.#streams = streams
    this.#owner = owner
    this.#notedCount = streams.notedCount
  }

  /** Everything as it was at the last look, and some of the streams that ended before. */
  snapshot(atMs: number): LiveChange {
    const earlier = this.#streams.recent(EARLIER, this.#owner).reverse()
    const rows = [
      ...earlier.map(report => endedRow(this.#nextRow++, report)),
      ...[...this.#open.values()].map(({ row }) => row),
    ]
    return { atMs, unlisted: this.#unlisted, passed: 0, rows, moved: [] }
  }

  /** Looks at the streams. @returns undefined when nothing has changed */
  look(atMs: number): LiveChange | undefined {
    const rows: LiveRow[] = []
    const moved: LiveMove[] = []
    const gone = new Set(this.#open.keys())
    let unlisted = 0
    this.#streams.visit(stream => {
      const known = this.#open.get(stream)
      if (known === undefined && this.#open.size >= MAX_ROWS) {
        unlisted++
        return
      }
      gone.delete(stream)
      const progress = stream.progress()
      if (progress === undefined || !this.#sees(progress)) return
      if (known === undefined) rows.push(this.#enter(stream, progress, atMs))
      else this.#follow(known, progress, atMs, rows, moved)
    })
    const passed = this.#end(gone, rows)
    const isSame = unlisted === this.#unlisted && passed === 0 && rows.length === 0 && moved.length === 0
    this.#unlisted = unlisted
    return isSame ? undefined : { atMs, unlisted, passed, rows, moved }
  }

  #sees({ key }: Progress): boolean {
    return this.#owner === undefined || key === this.#owner
  }

  #enter(stream: OpenStream, progress: Progress, atMs: number): LiveRow {
    const n = this.#nextRow++
    const pace = new Pace()
    const row = openRow(n, progress, pace.look(progress.tokens, atMs), [])
    this.#open.set(stream, { n, pace, row, gapCount: progress.gaps.count })
    return row
  }

  #follow(known: Watched, progress: Progress, atMs: number, rows: LiveRow[], moved: LiveMove[]): void {
    const { n, row: before } = known
    const gaps = progress.gaps.after(known.gapCount).slice(-MAX_GAPS)
    known.gapCount = progress.gaps.count
    const row = openRow(n, progress, known.pace.look(progress.tokens, atMs), gaps)
    known.row = row
    if (isKnownBetter(before, row)) rows.push(row)
    else if (hasMoved(before, row)) moved.push([n, row.state, row.tokens, row.tokensPerSecond, row.bytesIn, gaps])
  }

  /** The last rows of those that are gone, and of those that came and went unseen. @returns how many are only counted */
  #end(gone: ReadonlySet<OpenStream>, rows: LiveRow[]): number {
    const noted = this.#streams.notedCount - this.#notedCount
    this.#notedCount += noted
    if (noted === 0 && gone.size === 0) return 0
    const seen = new Map<string, LiveRow>()
    for (const stream of gone) {
      const { row } = this.#open.get(stream) as Watched
      seen.set(row.id, row)
      this.#open.delete(stream)
    }
    const reports = this.#streams.recent(noted, this.#owner, noted).reverse()
    let unseen = 0
    for (const report of reports) {
      const row = seen.get(report.id)
      if (row !== undefined || unseen++ < MAX_ENDED) rows.push(endedRow(row?.n ?? this.#nextRow++, report))
      seen.delete(report.id)
    }
    // Those of which no report is left, after a fault of our own or in a flood.
    for (const row of seen.values()) rows.push({ ...row, state: 'failed', outcome: 'failed', gaps: [] })
    return Math.max(0, unseen - MAX_ENDED)
  }
}

function isKnownBetter(before: LiveRow, now: LiveRow): boolean {
  return (
    before.upstream !== now.upstream ||
    before.upstreamDialect !== now.upstreamDialect ||
    before.lane !== now.lane ||
    before.firstTokenMs !== now.firstTokenMs ||
    before.isEstimated !== now.isEstimated
  )
}

function hasMoved(before: LiveRow, now: LiveRow): boolean {
  return (
    before.state !== now.state ||
    before.tokens !== now.tokens ||
    before.tokensPerSecond !== now.tokensPerSecond ||
    before.bytesIn !== now.bytesIn
  )
}
