import type { DialectName, Reading } from '../dialects/index.ts'
import type { Lane } from '../model/index.ts'
import { isUncounted, outputByLength } from './estimate.ts'
import type { GapTrail } from './gap-trail.ts'
import type { Recorder } from './recorder.ts'

/** Content that has not come for so long, in milliseconds, is waited for. */
const STALLED_AFTER_MS = 5000

/**
 * What an exchange is at: nothing of the answer has come (`waiting`), it reasons, writes, calls a tool,
 * nothing has come for five seconds (`stalled`), or it is over (`done`, `failed`).
 */
export type ProgressState = 'waiting' | 'thinking' | 'writing' | 'tool' | 'stalled' | 'done' | 'failed'

/** An exchange that is open, as it stands. Undefined where nothing is known yet. */
export interface Progress {
  /** Of the exchange, as in its report. */
  readonly id: string
  /** A name of the client's key; undefined without keys. */
  readonly key: string | undefined
  /** What the client speaks. */
  readonly client: DialectName | undefined
  /** The name of the upstream that is asked now. */
  readonly upstream: string | undefined
  /** What it speaks. */
  readonly upstreamDialect: string | undefined
  /** The model that the client named. */
  readonly model: string | undefined
  /** How the bytes travel. */
  readonly lane: Lane | undefined
  /** What it is at. */
  readonly state: ProgressState
  /** When it began, in milliseconds since the epoch. */
  readonly startedMs: number
  /** When the first visible text or tool call came, in milliseconds since it began. */
  readonly firstTokenMs: number | undefined
  /** Tokens of the answer so far: what the upstream says, and what came since it said so. */
  readonly tokens: number
  /** Whether a part of `tokens` is our own count, by the length of the text. */
  readonly isEstimated: boolean
  /** Bytes of the answer that the upstream has sent. */
  readonly bytesIn: number
  /** The silences between its reads, since it was looked at first. */
  readonly gaps: GapTrail
}

/** @param isOver whether its outcome is decided */
export function progressOf(record: Recorder, reading: Reading | undefined, now: number, isOver: boolean): Progress {
  const isEstimated = reading !== undefined && isUncounted(reading)
  const { subject, firstTokenAt, startedAt } = record
  return {
    id: subject.id,
    key: subject.key,
    client: subject.dialect,
    upstream: record.upstream,
    upstreamDialect: record.upstreamDialect,
    model: subject.model,
    lane: record.lane,
    state: stateOf(record, reading, now, isOver),
    startedMs: record.wallMs,
    firstTokenMs: firstTokenAt === undefined ? undefined : Math.round(firstTokenAt - startedAt),
    tokens: isEstimated ? outputByLength(reading) : (reading?.usage.output ?? 0),
    isEstimated,
    bytesIn: record.bytesIn,
    gaps: record.gapTrail,
  }
}

const AT = { reasoning: 'thinking', text: 'writing', 'tool-call': 'tool' } as const satisfies Record<
  NonNullable<Reading['latest']>,
  ProgressState
>

function stateOf(record: Recorder, reading: Reading | undefined, now: number, isOver: boolean): ProgressState {
  if (isOver) return record.failure === undefined && reading?.failure === undefined ? 'done' : 'failed'
  if (reading === undefined || reading.progress === 0) return 'waiting'
  const isComing = reading.isFinished || reading.isTerminal || now - record.progressAt < STALLED_AFTER_MS
  return isComing ? AT[reading.latest ?? 'text'] : 'stalled'
}
