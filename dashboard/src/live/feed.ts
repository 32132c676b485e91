import { signal } from '@preact/signals'
import { look } from '../session.tsx'
import type { LiveChange, LiveRow, State } from '../wire.ts'

/** Gaps in the strip of a row. */
const TRAIL = 48
/** Streams that are over and still listed. */
const MAX_ENDED = 200
/** Points of the flow at the top: a minute of them. */
export const FLOW = 240
const RETRY_MS = 2000
const STILL_MS = 1000
const STILL = matchMedia('(prefers-reduced-motion: reduce)')

/** A stream in the list. One object for its whole life; `revision` says when to look again. */
export interface LiveStream {
  row: LiveRow
  /** Silences, the oldest first. */
  readonly trail: number[]
  /** What the filter looks at, in small letters. */
  readonly words: string
}

/** How the streams are, all together. */
export interface Flow {
  readonly open: number
  readonly unlisted: number
  readonly tokensPerSecond: number
  readonly byState: Readonly<Record<State, number>>
}

const NO_STATES = { waiting: 0, thinking: 0, writing: 0, tool: 0, stalled: 0, done: 0, failed: 0 }

/** Counts up when something is to be drawn again, once a frame at most. */
export const revision = signal(0)
/** `idle`: nobody has looked yet. */
export const connection = signal<'idle' | 'live' | 'lost' | 'paused'>('idle')
export const flow = signal<Flow>({ open: 0, unlisted: 0, tokensPerSecond: 0, byState: NO_STATES })
/** Tokens in a second at each of the last moments, the newest at the end. */
export const pace: number[] = []

const streams = new Map<number, LiveStream>()
let ended: number[] = []
let order: LiveStream[] = []
let unlisted = 0
let source: EventSource | undefined
let isDrawing = false

/** The streams in the order of the list: those that are open, the newest first; then those that are over. */
export function listed(): readonly LiveStream[] {
  return order
}

/** Follows the gateway, until it is paused. A browser comes back by itself, and says what it has got last. */
export function follow(): void {
  if (source !== undefined) return
  source = new EventSource('api/live')
  source.addEventListener('open', () => {
    connection.value = 'live'
  })
  source.addEventListener('error', lose)
  source.addEventListener('snapshot', event => takeAll(changeIn(event)))
  source.addEventListener('change', event => take(changeIn(event)))
}

export function pause(): void {
  source?.close()
  source = undefined
  connection.value = 'paused'
}

function lose(): void {
  connection.value = 'lost'
  if (source?.readyState !== EventSource.CLOSED) return
  // Refused: the session may have ended.
  source = undefined
  void look()
  setTimeout(() => {
    if (connection.value === 'lost') follow()
  }, RETRY_MS)
}

function changeIn(event: MessageEvent<string>): LiveChange {
  return JSON.parse(event.data) as LiveChange
}

function takeAll(change: LiveChange): void {
  const trails = new Map([...streams.values()].map(({ row, trail }) => [row.id, trail]))
  streams.clear()
  ended = []
  for (const row of change.rows) place(row, trails.get(row.id))
  settle(change)
}

function take(change: LiveChange): void {
  for (const row of change.rows) place(row)
  for (const [n, state, tokens, tokensPerSecond, bytesIn, gaps] of change.moved) {
    const stream = streams.get(n)
    if (stream === undefined) continue
    stream.row = { ...stream.row, state, tokens, tokensPerSecond, bytesIn }
    extend(stream.trail, gaps)
  }
  settle(change)
}

function place(row: LiveRow, trail: number[] = streams.get(row.n)?.trail ?? []): void {
  extend(trail, row.gaps)
  const { id, key, client, upstream, upstreamDialect, model, lane, outcome } = row
  const words = [id, key, client, upstream, upstreamDialect, model, lane, outcome].join(' ').toLowerCase()
  if (row.outcome !== null && streams.get(row.n)?.row.outcome !== row.outcome) ended.push(row.n)
  streams.set(row.n, { row, trail, words })
}

function extend(trail: number[], gaps: readonly number[]): void {
  trail.push(...gaps)
  if (trail.length > TRAIL) trail.splice(0, trail.length - TRAIL)
}

function settle(change: LiveChange): void {
  unlisted = change.unlisted
  for (const n of ended.splice(0, Math.max(0, ended.length - MAX_ENDED))) streams.delete(n)
  if (change.rows.length > 0) order = ordered()
  summarize()
  draw()
}

function ordered(): LiveStream[] {
  const open = [...streams.values()].filter(({ row }) => row.outcome === null)
  open.sort((a, b) => b.row.startedMs - a.row.startedMs || b.row.n - a.row.n)
  return [...open, ...ended.toReversed().flatMap(n => streams.get(n) ?? [])]
}

function summarize(): void {
  const byState = { ...NO_STATES }
  let [open, tokensPerSecond] = [0, 0]
  for (const { row } of order) {
    byState[row.state]++
    if (row.outcome !== null) continue
    open++
    tokensPerSecond += row.tokensPerSecond
  }
  flow.value = { open: open + unlisted, unlisted, tokensPerSecond, byState }
}

/** The flow goes on also while nothing happens, and so do the clocks of the rows. */
setInterval(() => {
  if (source === undefined) return
  pace.push(flow.value.tokensPerSecond)
  if (pace.length > FLOW) pace.shift()
  if (flow.value.open > 0 || pace.some(tokens => tokens > 0)) draw()
}, 250)

/** A hidden tab draws nothing: its browser asks for no frame. */
function draw(): void {
  if (isDrawing) return
  isDrawing = true
  // Who wants little motion sees a step a second.
  if (STILL.matches) setTimeout(() => requestAnimationFrame(drawn), STILL_MS)
  else requestAnimationFrame(drawn)
}

function drawn(): void {
  isDrawing = false
  revision.value++
}
