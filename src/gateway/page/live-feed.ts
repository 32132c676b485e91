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
  /** As it was told last; of what moves it knows the last word only. */
  row: LiveRow
  gapCount: number
  /** The look at which it was there last. */
  seenAt: number
}

/** What one owner sees of the open streams, and what has changed of it since the last look. */
export class LiveFeed {
  readonly #streams: Streams
  readonly #owner: string | undefined
  readonly #open = new Map<OpenStream, Watched>()
  #nextRow = 0
  #looks = 0
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
    const look = ++this.#looks
    const rows: LiveRow[] = []
    const moved: LiveMove[] = []
    let [seen, unlisted] = [0, 0]
    this.#streams.visit(stream => {
      const known = this.#open.get(stream)
      if (known === undefined && this.#open.size >= MAX_ROWS) {
        unlisted++
        return
      }
      const progress = stream.progress()
      if (progress === undefined || !this.#sees(progress)) return
      seen++
      if (known === undefined) rows.push(this.#enter(stream, progress, atMs))
      else {
        known.seenAt = look
        follow(known, progress, atMs, rows, moved)
      }
    })
    const passed = this.#end(seen < this.#open.size ? this.#gone() : [], rows)
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
    this.#open.set(stream, { n, pace, row, gapCount: progress.gaps.count, seenAt: this.#looks })
    return row
  }

  #gone(): OpenStream[] {
    return [...this.#open].flatMap(([stream, { seenAt }]) => (seenAt === this.#looks ? [] : [stream]))
  }

  /** The last rows of those that are gone, and of those that came and went unseen. @returns how many are only counted */
  #end(gone: readonly OpenStream[], rows: LiveRow[]): number {
    const noted = this.#streams.notedCount - this.#notedCount
    this.#notedCount += noted
    if (noted === 0 && gone.length === 0) return 0
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

/** Tells what has changed of a stream, and nothing where nothing has. */
function follow(known: Watched, progress: Progress, atMs: number, rows: LiveRow[], moved: LiveMove[]): void {
  const { row: before, pace, n } = known
  const gaps = progress.gaps.after(known.gapCount, MAX_GAPS)
  known.gapCount = progress.gaps.count
  const tokensPerSecond = pace.look(progress.tokens, atMs)
  const { state, tokens, bytesIn } = progress
  if (isKnownBetter(before, progress)) {
    known.row = openRow(n, progress, tokensPerSecond, gaps)
    rows.push(known.row)
  } else if (hasMoved(before, progress, tokensPerSecond)) {
    known.row = { ...before, state, tokens, tokensPerSecond, bytesIn, gaps }
    moved.push([n, state, tokens, tokensPerSecond, bytesIn, gaps])
  }
}

function isKnownBetter(before: LiveRow, now: Progress): boolean {
  return (
    before.upstream !== (now.upstream ?? null) ||
    before.upstreamDialect !== (now.upstreamDialect ?? null) ||
    before.lane !== (now.lane ?? null) ||
    before.firstTokenMs !== (now.firstTokenMs ?? null) ||
    before.isEstimated !== now.isEstimated
  )
}

function hasMoved(before: LiveRow, now: Progress, tokensPerSecond: number): boolean {
  return (
    before.state !== now.state ||
    before.tokens !== now.tokens ||
    before.tokensPerSecond !== tokensPerSecond ||
    before.bytesIn !== now.bytesIn
  )
}
