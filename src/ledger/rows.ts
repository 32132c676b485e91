import type { StreamReport } from '../observe/index.ts'
import type { RosterItem } from '../roster.ts'

/** An exchange that has begun and not ended, as far as it is known before its upstream is asked. */
export interface OpenRow extends RosterItem {
  /** Of the exchange. */
  readonly id: string
  /** When the request came, in milliseconds since the epoch. */
  readonly time: number
  /** A name of the client's key that gives nothing of it away; null without keys. */
  readonly key: string | null
  /** What the client speaks. */
  readonly client: string
  /** The name of the upstream that is asked first. */
  readonly upstream: string
  /** What it speaks. */
  readonly dialect: string
  /** The model as the client named it. */
  readonly requested: string | null
  /** The model that the upstream is asked for. */
  readonly sent: string | null
}

/** Longer reports are shortened: model names are as long as their writers like. */
const MAX_LINE = 64 * 1024
const MAX_TEXT = 500
const MAX_LOSSES = 20

/** The row on one line of JSON, which costs the loop less to hand to a thread than its members. */
export function openLine({ id, time, key, client, upstream, dialect, requested, sent }: OpenRow): string {
  const line = JSON.stringify({ id, time, key, client, upstream, dialect, requested, sent })
  return line.length <= MAX_LINE
    ? line
    : JSON.stringify({ id, time, key, client, upstream, dialect, requested: cut(requested), sent: cut(sent) })
}

/** The report on one line of JSON, of a bounded length. */
export function reportLine(report: StreamReport): string {
  const line = JSON.stringify(report)
  if (line.length <= MAX_LINE) return line
  return JSON.stringify({ ...report, losses: report.losses.slice(0, MAX_LOSSES) }, (_, value) => cut(value))
}

function cut(value: unknown): unknown {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : value
}
