import type { FailureCode } from '../../errors.ts'
import type { FinishReason, Usage } from '../../model/index.ts'
import type { FailureWords } from '../error-body.ts'
import { countOf, defined, itemsOf, objectOf, sumOf, type Unread } from '../value.ts'
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

function audioIn(details: unknown): number | undefined {
  const audio = itemsOf(details)
    .map(detail => objectOf<GeminiModality>(detail))
    .find(detail => detail?.modality === 'AUDIO')
  return countOf(audio?.tokenCount)
}
