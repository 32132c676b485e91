import type { FailureCode } from '../../errors.ts'
import type { Effort, Finish, FinishReason, Losses, ToolChoice, Turn, Usage } from '../../model/index.ts'
import type { FailureWords } from '../error-body.ts'
import type { Tiers } from '../service-tier.ts'
import { countOf, defined, itemsOf, objectOf, restOf, sumOf, type Unread, type Wire } from '../value.ts'
import type { GeminiModality, GeminiUsage } from './wire.ts'

/** Finish reasons of a candidate, and reasons why a prompt was blocked. */
export const FINISHES = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'filtered',
  RECITATION: 'filtered',
  LANGUAGE: 'filtered',
  BLOCKLIST: 'filtered',
  PROHIBITED_CONTENT: 'filtered',
  SPII: 'filtered',
  IMAGE_SAFETY: 'filtered',
  IMAGE_PROHIBITED_CONTENT: 'filtered',
  IMAGE_RECITATION: 'filtered',
  MODEL_ARMOR: 'filtered',
  JAILBREAK: 'filtered',
} as const satisfies Record<string, FinishReason>

/** What a finish is called here that has no word of Google's. */
const FINISH_WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  refusal: 'SAFETY',
  filtered: 'SAFETY',
  paused: 'OTHER',
  other: 'OTHER',
}

/** Google's words are in capitals, nobody else's are. */
const OWN_WORD = /^[A-Z][A-Z0-9_]*$/

/** The word for a finish: the provider's own if it is one of Google's. */
export function toFinishReason({ reason, raw }: Finish): string {
  return raw !== undefined && OWN_WORD.test(raw) ? raw : FINISH_WORDS[reason]
}

/** The statuses of Google's APIs, and the reasons in their details that say more. */
export const FAILURE_WORDS = {
  INVALID_ARGUMENT: 'bad-request',
  FAILED_PRECONDITION: 'bad-request',
  OUT_OF_RANGE: 'bad-request',
  ALREADY_EXISTS: 'bad-request',
  UNAUTHENTICATED: 'unauthorized',
  API_KEY_INVALID: 'unauthorized',
  PERMISSION_DENIED: 'forbidden',
  NOT_FOUND: 'not-found',
  RESOURCE_EXHAUSTED: 'rate-limited',
  UNAVAILABLE: 'overloaded',
  INTERNAL: 'upstream',
  UNKNOWN: 'upstream',
  DATA_LOSS: 'truncated',
  DEADLINE_EXCEEDED: 'timeout',
  CANCELLED: 'cancelled',
} as const satisfies FailureWords

export const FAILURE_STATUSES: Readonly<Record<FailureCode, keyof typeof FAILURE_WORDS>> = {
  'bad-request': 'INVALID_ARGUMENT',
  unauthorized: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  'not-found': 'NOT_FOUND',
  // No status of its own: the number beside it tells.
  'too-large': 'INVALID_ARGUMENT',
  'rate-limited': 'RESOURCE_EXHAUSTED',
  overloaded: 'UNAVAILABLE',
  upstream: 'INTERNAL',
  truncated: 'DATA_LOSS',
  timeout: 'DEADLINE_EXCEEDED',
  cancelled: 'CANCELLED',
}

/** The counts of one chunk; absent where it says none. */
export interface GeminiCounts {
  readonly prompt?: number
  readonly toolUse?: number
  readonly cached?: number
  readonly candidates?: number
  readonly thoughts?: number
  readonly audioInput?: number
  readonly audioOutput?: number
}

export function readCounts(usage: Unread<GeminiUsage>): GeminiCounts {
  return defined<GeminiCounts>({
    prompt: countOf(usage.promptTokenCount),
    toolUse: countOf(usage.toolUsePromptTokenCount),
    cached: countOf(usage.cachedContentTokenCount),
    candidates: countOf(usage.candidatesTokenCount),
    thoughts: countOf(usage.thoughtsTokenCount),
    audioInput: audioIn(usage.promptTokensDetails),
    audioOutput: audioIn(usage.candidatesTokensDetails),
  })
}

/** Reasoning is outside the candidates' count here, and what built-in tools added outside the prompt's. */
export function toTotals(counts: GeminiCounts): Usage {
  return defined<Usage>({
    input: sumOf(counts.prompt, counts.toolUse),
    cacheRead: counts.cached,
    output: sumOf(counts.candidates, counts.thoughts),
    reasoning: counts.thoughts,
    audioInput: counts.audioInput,
    audioOutput: counts.audioOutput,
  })
}

/** The members of usage that have neutral homes, or are told elsewhere. */
const USAGE_MEMBERS: ReadonlySet<string> = new Set([
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
])

/** Reads the usage of an answer, with what means nothing elsewhere. */
export function toUsage(said: Unread<GeminiUsage>): Usage {
  const usage = toTotals(readCounts(said))
  const members: Record<string, unknown> = { ...restOf(said, USAGE_MEMBERS) }
  if (countOf(said.totalTokenCount) === sumOf(usage.input, usage.output)) delete members.totalTokenCount
  for (const name of ['promptTokensDetails', 'candidatesTokensDetails'] as const) {
    const rest = itemsOf(said[name]).filter(detail => objectOf<GeminiModality>(detail)?.modality !== AUDIO)
    if (rest.length > 0) members[name] = rest
    else delete members[name]
  }
  return Object.keys(members).length === 0 ? usage : { ...usage, native: { dialect: 'gemini', members } }
}

/** Members of a usage that nobody counts here. */
const UNCOUNTED = ['cacheWrite', 'cacheWrite1h', 'serverTools', 'reportedCostUsd', 'byModel'] as const

/** Writes the usage of an answer. */
export function fromUsage(usage: Usage, losses: Losses): Wire {
  for (const name of UNCOUNTED) if (usage[name] !== undefined) losses.add(`/usage/${name}`, 'no-slot')
  const { input, cacheRead, output, audioInput, audioOutput, native } = usage
  // Reasoning stands beside the output here: more of it than output cannot be said.
  const isPart = usage.reasoning === undefined || output === undefined || usage.reasoning <= output
  const reasoning = isPart ? usage.reasoning : undefined
  if (!isPart) losses.add('/usage/reasoning', 'unit')
  const members: Wire = native?.dialect === 'gemini' ? native.members : {}
  if (native !== undefined && native.dialect !== 'gemini')
    losses.addNative('/usage/native/members', native.members, 'cosmetic')
  const fromTools = countOf(members.toolUsePromptTokenCount) ?? 0
  return defined<Wire>({
    promptTokenCount: input === undefined ? undefined : Math.max(0, input - fromTools),
    candidatesTokenCount: output === undefined ? undefined : Math.max(0, output - (reasoning ?? 0)),
    cachedContentTokenCount: cacheRead,
    thoughtsTokenCount: reasoning,
    totalTokenCount: sumOf(input, output),
    ...members,
    promptTokensDetails: withAudio(members.promptTokensDetails, audioInput),
    candidatesTokensDetails: withAudio(members.candidatesTokensDetails, audioOutput),
  })
}

function withAudio(details: unknown, audio: number | undefined): unknown {
  return audio === undefined ? details : [...itemsOf(details), { modality: AUDIO, tokenCount: audio }]
}

const AUDIO = 'AUDIO'

function audioIn(details: unknown): number | undefined {
  const audio = itemsOf(details)
    .map(detail => objectOf<GeminiModality>(detail))
    .find(detail => detail?.modality === AUDIO)
  return countOf(audio?.tokenCount)
}

/** Who speaks in a content. Results of functions come from the user, or from their own role. */
export const ROLES = { user: 'user', function: 'user', model: 'assistant' } as const satisfies Record<
  string,
  Turn['role']
>

/** Modes of function calling that have neutral words. */
export const MODES = { AUTO: 'auto', ANY: 'required', NONE: 'none' } as const satisfies Record<
  string,
  ToolChoice['type']
>

/** The other way round; one tool is required by its name. */
export const CHOICE_MODES: Readonly<Record<ToolChoice['type'], string>> = {
  auto: 'AUTO',
  required: 'ANY',
  none: 'NONE',
  tool: 'ANY',
}

/** Levels of thinking, for models since Gemini 3; what is more or less than they know is the next one. */
export const LEVELS = {
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
} as const satisfies Partial<Record<Effort, string>>

/** The levels that an effort becomes. */
export const EFFORT_LEVELS: Readonly<Record<Effort, string>> = {
  ...LEVELS,
  none: LEVELS.minimal,
  xhigh: LEVELS.high,
  max: LEVELS.high,
}

/** Tokens to think with, for the models before: what Google's own bridge from efforts says. */
export const EFFORT_BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}

/** Efforts that other efforts share their level or budget with. */
export const INEXACT_EFFORTS: ReadonlySet<Effort> = new Set<Effort>(['xhigh', 'max'])

/** Words for how urgent a request is. */
export const TIERS: Tiers = {
  standard: 'standard',
  flex: 'flex',
  priority: 'priority',
  unspecified: 'unspecified',
  default: 'standard',
  standard_only: 'standard',
  auto: 'unspecified',
}

/** How many stop sequences the API takes. */
export const MAX_STOP_SEQUENCES = 5

/** What a label's name and value may be. */
export const LABEL = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u
export const LABEL_NAME = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u

/** What the API takes in the place of a signature, for calls that no model of its made. */
export const NO_SIGNATURE = 'skip_thought_signature_validator'
