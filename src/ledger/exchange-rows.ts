import type { ReportedAttempt, StreamReport } from '../observe/index.ts'
import type { Insert, Value } from './database.ts'
import type { OpenRow } from './rows.ts'

/** What others wrote is as long as they like; columns are for looking at. */
const MAX_NAME = 200
const MAX_MESSAGE = 2000
const MAX_TOKENS = 1e12

type Columns<T> = Readonly<Record<string, (of: T, line: string) => Value>>

/** Every column of a settled exchange, by its report and the line that says it. */
const SETTLED = {
  id: ({ id }) => id,
  state: () => 'settled',
  started_at: ({ time }) => Date.parse(time),
  ended_at: ({ time, times }) => Date.parse(time) + Math.round(times.totalMs),
  key: ({ key }) => key,
  client_dialect: ({ client }) => client.dialect,
  upstream: ({ upstream }) => name(upstream.name),
  upstream_dialect: ({ upstream }) => upstream.dialect,
  model: ({ model }) => name(model.sent ?? model.requested),
  model_requested: ({ model }) => name(model.requested),
  model_sent: ({ model }) => name(model.sent),
  model_reported: ({ model }) => name(model.reported),
  lane: ({ lane }) => lane,
  shape: ({ shape }) => shape,
  outcome: ({ outcome }) => outcome,
  status: ({ status }) => status,
  finish: ({ finish }) => finish?.reason ?? null,
  error_code: ({ error }) => error?.code ?? null,
  error_message: ({ error }) => text(error?.message ?? null, MAX_MESSAGE),
  input_tokens: ({ usage }) => count(usage.input),
  cache_read_tokens: ({ usage }) => count(usage.cacheRead),
  cache_write_tokens: ({ usage }) => count(usage.cacheWrite),
  cache_write_1h_tokens: ({ usage }) => count(usage.cacheWrite1h),
  output_tokens: ({ usage }) => count(usage.output),
  reasoning_tokens: ({ usage }) => count(usage.reasoning),
  audio_input_tokens: ({ usage }) => count(usage.audioInput),
  audio_output_tokens: ({ usage }) => count(usage.audioOutput),
  provenance: ({ usage }) => usage.provenance,
  cost_usd: ({ cost }) => cost?.usd ?? null,
  price_source: ({ cost }) => name(cost?.source ?? null),
  reported_cost_usd: ({ usage }) => usage.reportedCostUsd,
  head_ms: ({ times }) => times.headMs,
  first_byte_ms: ({ times }) => times.firstByteMs,
  first_event_ms: ({ times }) => times.firstEventMs,
  first_reasoning_ms: ({ times }) => times.firstReasoningMs,
  first_token_ms: ({ times }) => times.firstTokenMs,
  total_ms: ({ times }) => times.totalMs,
  longest_gap_ms: ({ times }) => times.longestGapMs,
  bytes_in: ({ bytesIn }) => bytesIn,
  bytes_out: ({ bytesOut }) => bytesOut,
  events: ({ events }) => events,
  attempts: ({ attempts }) => attempts.length,
  report: (_, line) => line,
} as const satisfies Columns<StreamReport>

/** What is known before the end. */
const OPENED = {
  id: ({ id }) => id,
  state: () => 'open',
  started_at: ({ time }) => time,
  key: ({ key }) => key,
  client_dialect: ({ client }) => client,
  upstream: ({ upstream }) => name(upstream),
  upstream_dialect: ({ dialect }) => dialect,
  model: ({ sent, requested }) => name(sent ?? requested),
  model_requested: ({ requested }) => name(requested),
  model_sent: ({ sent }) => name(sent),
} as const satisfies Columns<OpenRow>

const ATTEMPT = {
  upstream: ({ upstream }) => name(upstream),
  dialect: ({ dialect }) => dialect,
  model: ({ model }) => name(model),
  sent_ms: ({ sentMs }) => sentMs,
  head_ms: ({ headMs }) => headMs,
  end_ms: ({ endMs }) => endMs,
  status: ({ status }) => status,
  error: ({ error }) => error,
} as const satisfies Columns<ReportedAttempt>

const SETTLED_COLUMNS = [...Object.keys(SETTLED), 'instance']
const ATTEMPT_COLUMNS = Object.keys(ATTEMPT)

/** A report makes a whole row, whatever stood there. */
export const SETTLED_INSERT: Insert = {
  table: 'exchanges',
  columns: SETTLED_COLUMNS,
  key: ['id'],
  update: SETTLED_COLUMNS.filter(column => column !== 'id'),
}

/** An open row never takes the place of another. */
export const OPENED_INSERT: Insert = {
  table: 'exchanges',
  columns: [...Object.keys(OPENED), 'instance'],
  key: ['id'],
  update: [],
}

export const ATTEMPT_INSERT: Insert = {
  table: 'attempts',
  columns: ['started_at', 'exchange_id', 'number', ...ATTEMPT_COLUMNS],
  key: ['started_at', 'exchange_id', 'number'],
  update: ATTEMPT_COLUMNS,
}

const makeSettled = Object.values(SETTLED) as readonly ((report: StreamReport, line: string) => Value)[]
const makeOpened = Object.values(OPENED) as readonly ((row: OpenRow) => Value)[]
const makeAttempt = Object.values(ATTEMPT) as readonly ((attempt: ReportedAttempt) => Value)[]

/** @param line the report as it is kept */
export function settledValues(report: StreamReport, line: string, instance: string): Value[] {
  return [...makeSettled.map(make => make(report, line)), instance]
}

export function openedValues(row: OpenRow, instance: string): Value[] {
  return [...makeOpened.map(make => make(row)), instance]
}

/** One row for each attempt, in their order from 1. */
export function attemptValues({ id, time, attempts }: StreamReport): Value[][] {
  const startedAt = Date.parse(time)
  return attempts.map((attempt, at) => [startedAt, id, at + 1, ...makeAttempt.map(make => make(attempt))])
}

function name(value: string | null): string | null {
  return text(value, MAX_NAME)
}

/** PostgreSQL has no place for NUL and for half a character. */
function text(value: string | null, maxLength: number): string | null {
  return value === null ? null : value.slice(0, maxLength).replaceAll('\u0000', '\ufffd').toWellFormed()
}

/** Upstreams say what they like: half a token does not fit a column of whole ones, and no answer has so many. */
function count(value: number | null): number | null {
  return value === null || !(value >= 0 && value <= MAX_TOKENS) ? null : Math.round(value)
}
