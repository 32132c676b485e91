import type { FailureCode } from '../../errors.ts'
import {
  type Effort,
  type Finish,
  type FinishReason,
  finishOf,
  type Losses,
  type SaidUsage,
  type Usage,
} from '../../model/index.ts'
import type { FailureWords } from '../error-body.ts'
import { countOf, defined, itemsOf, objectOf, restOf, sumOf, textOf, type Unread, type Wire } from '../value.ts'
import type { MessagesUsage } from './wire.ts'

export const FINISHES = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
  pause_turn: 'paused',
  compaction: 'paused',
} as const satisfies Record<string, FinishReason>

/** Null: nobody said why. */
const STOP_REASONS: Readonly<Record<FinishReason, string | null>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
  filtered: 'refusal',
  paused: 'pause_turn',
  other: null,
}

/** The word for a finish: the provider's own if it means that here too, or means nothing that we know. */
export function stopReasonOf({ reason, raw, stopSequence }: Finish): string | null {
  if (raw !== undefined && finishOf(FINISHES, raw).reason === reason) return raw
  return reason === 'stop' && stopSequence !== undefined ? 'stop_sequence' : STOP_REASONS[reason]
}

/** Error types, and below them the error codes that only we say. */
export const FAILURE_WORDS = {
  invalid_request_error: 'bad-request',
  conflict_error: 'bad-request',
  authentication_error: 'unauthorized',
  billing_error: 'forbidden',
  permission_error: 'forbidden',
  not_found_error: 'not-found',
  request_too_large: 'too-large',
  rate_limit_error: 'rate-limited',
  overloaded_error: 'overloaded',
  api_error: 'upstream',
  timeout_error: 'timeout',
  stream_truncated: 'truncated',
  request_cancelled: 'cancelled',
} as const satisfies FailureWords

/** Says a failure; the error code only where no type says it. */
export const FAILURE_TYPES: Readonly<Record<FailureCode, { readonly type: string; readonly errorCode?: string }>> = {
  'bad-request': { type: 'invalid_request_error' },
  unauthorized: { type: 'authentication_error' },
  forbidden: { type: 'permission_error' },
  'not-found': { type: 'not_found_error' },
  'too-large': { type: 'request_too_large' },
  'rate-limited': { type: 'rate_limit_error' },
  overloaded: { type: 'overloaded_error' },
  upstream: { type: 'api_error' },
  truncated: { type: 'api_error', errorCode: 'stream_truncated' },
  timeout: { type: 'timeout_error' },
  cancelled: { type: 'api_error', errorCode: 'request_cancelled' },
}

/** The counts as the provider says them: `input` without what the cache read and wrote. */
export function readUsage(usage: Unread<MessagesUsage>): SaidUsage {
  const creation = objectOf<MessagesUsage['cache_creation'] & object>(usage.cache_creation)
  const details = objectOf<MessagesUsage['output_tokens_details'] & object>(usage.output_tokens_details)
  return {
    input: countOf(usage.input_tokens),
    cacheRead: countOf(usage.cache_read_input_tokens),
    cacheWrite: countOf(usage.cache_creation_input_tokens),
    cacheWrite1h: countOf(creation?.ephemeral_1h_input_tokens),
    output: countOf(usage.output_tokens),
    reasoning: countOf(details?.thinking_tokens),
    serverTools: readServerTools(usage.server_tool_use),
  }
}

/** The counts with all input in `input`. */
export function toTotals(said: Usage): Usage {
  if (said.input === undefined) return said
  return defined<Usage>({ ...said, input: sumOf(said.input, said.cacheRead, said.cacheWrite) })
}

function readServerTools(value: unknown): Record<string, number> | undefined {
  const requests = Object.entries(objectOf(value) ?? {}).filter(([, count]) => countOf(count) !== undefined)
  return requests.length === 0 ? undefined : (Object.fromEntries(requests) as Record<string, number>)
}

/** What `readUsage` reads, and what stands elsewhere in the neutral answer. */
const KNOWN_USAGE: ReadonlySet<string> = new Set([
  'input_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation',
  'output_tokens',
  'output_tokens_details',
  'server_tool_use',
  'service_tier',
])

/**
 * The counts, with what each model counted, and the members that only this dialect knows.
 * @param model the one that answers
 */
export function readFullUsage(usage: Unread<MessagesUsage>, model?: string): SaidUsage {
  const said = readUsage(usage)
  const rest = withoutNulls(restOf(usage, KNOWN_USAGE) ?? {})
  const members = { ...rest, ...splitsOf(usage, said) }
  return {
    ...said,
    byModel: readModels(usage.iterations, model),
    native: Object.keys(members).length === 0 ? undefined : { dialect: 'messages', members },
  }
}

/** The breakdowns that hold more than the counts that are read of them. */
function splitsOf({ cache_creation, output_tokens_details, server_tool_use }: Unread<MessagesUsage>, said: SaidUsage) {
  const splits: Record<string, unknown> = {}
  const creation = objectOf(cache_creation)
  if (creation !== undefined && !isSame(creation, creationOf(said))) splits.cache_creation = creation
  const details = objectOf(output_tokens_details)
  if (details !== undefined && !isSame(details, detailsOf(said))) splits.output_tokens_details = details
  const tools = objectOf(server_tool_use)
  if (tools !== undefined && !isSame(tools, said.serverTools)) splits.server_tool_use = tools
  return splits
}

function isSame(wire: Wire, counts: Readonly<Record<string, number>> | undefined): boolean {
  const names = Object.keys(wire)
  return counts !== undefined && names.length === Object.keys(counts).length && names.every(n => wire[n] === counts[n])
}

function creationOf({ cacheWrite, cacheWrite1h }: SaidUsage): Record<string, number> | undefined {
  if (cacheWrite1h === undefined) return undefined
  return {
    ephemeral_5m_input_tokens: Math.max(0, (cacheWrite ?? cacheWrite1h) - cacheWrite1h),
    ephemeral_1h_input_tokens: cacheWrite1h,
  }
}

function detailsOf({ reasoning }: SaidUsage): Record<string, number> | undefined {
  return reasoning === undefined ? undefined : { thinking_tokens: reasoning }
}

/**
 * What each model counted, when an answer took several samplings. The provider's totals count only the one
 * that served, and so do ours: what the others cost, another model's or a compaction's, stands here alone.
 *
 * @param answering whose a sampling is that names no model
 */
export function readModels(iterations: unknown, answering: string | undefined): Usage['byModel'] {
  const items = itemsOf(iterations)
  if (items.length < 2) return undefined
  const byModel = new Map<string, Usage>()
  for (const item of items) {
    const iteration = objectOf<MessagesUsage & { model: string }>(item)
    const model = textOf(iteration?.model) ?? answering
    if (iteration === undefined || model === undefined) continue
    byModel.set(model, addUsage(byModel.get(model) ?? {}, toTotals(defined<Usage>(readUsage(iteration)))))
  }
  return byModel.size === 0 ? undefined : [...byModel].map(([model, usage]) => ({ model, usage }))
}

const ADDED = ['input', 'cacheRead', 'cacheWrite', 'cacheWrite1h', 'output', 'reasoning'] as const

function addUsage(one: Usage, other: Usage): Usage {
  const sums: { -readonly [K in (typeof ADDED)[number]]?: number | undefined } = {}
  for (const name of ADDED) sums[name] = sumOf(one[name], other[name])
  return defined<Usage>(sums)
}

/** Members of usage that this dialect has no words for. */
const UNSAID_USAGE = ['audioInput', 'audioOutput', 'reportedCostUsd'] as const

/**
 * The usage object of a message. What nobody said is null, or zero where the API always has a number.
 *
 * @param empty what stands for an unknown input count: the start of a stream has a number there
 */
export function usageToWire(usage: Usage, empty: 0 | null): Wire {
  const { input, cacheRead, cacheWrite, output, serverTools, native } = usage
  const wire: Record<string, unknown> = {
    input_tokens: input === undefined ? empty : Math.max(0, input - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    cache_creation_input_tokens: cacheWrite ?? null,
    cache_read_input_tokens: cacheRead ?? null,
    output_tokens: output ?? 0,
  }
  const creation = creationOf(usage)
  const details = detailsOf(usage)
  if (creation !== undefined) wire.cache_creation = creation
  if (details !== undefined) wire.output_tokens_details = details
  if (serverTools !== undefined) wire.server_tool_use = serverTools
  return native?.dialect === 'messages' ? { ...wire, ...native.members } : wire
}

/** What of a usage `usageToWire` does not say. */
export function loseUsage(usage: Usage, losses: Losses): void {
  const { input, cacheRead = 0, cacheWrite = 0, byModel, native } = usage
  for (const name of UNSAID_USAGE) if (usage[name] !== undefined) losses.add(`/usage/${name}`, 'no-slot')
  if (input !== undefined && input < cacheRead + cacheWrite) losses.add('/usage/input', 'unit')
  if (native !== undefined && native.dialect !== 'messages') losses.addNative('/usage/native/members', native.members)
  const isTold = native?.dialect === 'messages' && native.members.iterations !== undefined
  if (byModel !== undefined && !isTold) losses.add('/usage/byModel', 'no-slot')
}

/** A null says nothing in the envelope of an answer. */
export function withoutNulls(members: Wire): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
}

/** Whether the content of a provider's tool result says itself that the tool failed. */
export function isErrorContent(content: unknown): boolean {
  return textOf(objectOf(content)?.type)?.endsWith('_error') ?? false
}

/** Words of `tool_choice.type`. */
export const CHOICES = { auto: 'auto', required: 'any', none: 'none' } as const satisfies Record<string, string>

/** The efforts of `output_config.effort`. */
export const EFFORTS: ReadonlySet<Effort> = new Set<Effort>(['low', 'medium', 'high', 'xhigh', 'max'])

/** The tokens of thinking that stand for an effort where a model takes a budget only. */
export const BUDGETS: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 31_999,
}

/** The least that the API takes. */
export const MIN_BUDGET = 1024

/** The API wants a limit. Every model since Claude 4 can write as much as this, reasoning included. */
export const DEFAULT_MAX_TOKENS = 32_000

/** Cache marks that one request may have. */
export const MAX_CACHE_MARKS = 4

/** Models that decide for themselves how much to think: Claude 4.6 and later. Others take a budget. */
const ADAPTIVE = /claude-(?:(?:opus|sonnet|haiku)-(?:4[-.][6-9]|[5-9])(?!\d)|mythos|fable)/

/** The one model with a budget that takes an effort too. */
const WITH_EFFORT = /claude-opus-4[-.]5(?!\d)/

export function isAdaptive(model: string | undefined): boolean {
  return ADAPTIVE.test(model ?? '')
}

export function takesEffort(model: string | undefined): boolean {
  return isAdaptive(model) || WITH_EFFORT.test(model ?? '')
}

/** What is asked for when nobody says otherwise: the version that takes everything. */
export const DEFAULT_VERSION = '2023-06-01'
