import {
  type Finish,
  type FinishReason,
  finishOf,
  type Logprob,
  membersFor,
  type Native,
  type SaidUsage,
  type Usage,
} from '../../model/index.ts'
import { countOf, defined, itemsOf, objectOf, restOf, sumOf, textOf, type Unread, type Wire } from '../value.ts'
import type { ChatLogprob, ChatUsage } from './wire.ts'

/** Finish reasons, those of other vendors that speak this API included. */
export const FINISHES = {
  stop: 'stop',
  // Together.
  eos: 'stop',
  length: 'length',
  // Mistral.
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'filtered',
} as const satisfies Record<string, FinishReason>

/** What we say for a reason that has no word of its own in the raw. */
const FINISH_WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  // OpenAI says a refusal in a member of its own and then `stop`; without that member this is the nearest.
  refusal: 'content_filter',
  filtered: 'content_filter',
  paused: 'stop',
  other: 'stop',
}

/** An unknown word is kept in the pocket, so that the encoder knows it for one of this dialect. */
export function decodeFinish(raw: string, said: Record<string, unknown> | undefined): Finish {
  const finish = finishOf(FINISHES, raw)
  const members = finish.reason === 'other' ? { ...said, finish_reason: raw } : said
  return members === undefined ? finish : { ...finish, native: nativeOf(members) }
}

/** What a candidate has said that its finish depends on. */
export interface Said {
  readonly hasRefusal: boolean
  /** A call in the form of the time before tools. */
  readonly hasLegacyCall: boolean
}

/** The word for a finish: its own if this dialect knows it and it means the same, else the table's. */
export function encodeFinish({ reason, raw, native }: Finish, { hasRefusal, hasLegacyCall }: Said): string {
  const own = textOf(membersFor('chat', native)?.finish_reason)
  if (own !== undefined) return own
  if (raw !== undefined && Object.hasOwn(FINISHES, raw) && finishOf(FINISHES, raw).reason === reason) return raw
  if (reason === 'tool-calls' && hasLegacyCall) return 'function_call'
  return reason === 'refusal' && hasRefusal ? 'stop' : FINISH_WORDS[reason]
}

export function nativeOf(members: Record<string, unknown>): Native {
  return { dialect: 'chat', members }
}

/** Tokens with their probabilities; undefined for none. */
export function readLogprobs(value: unknown): readonly Logprob[] | undefined {
  const logprobs = itemsOf(value).flatMap(item => readLogprob(item) ?? [])
  return logprobs.length === 0 ? undefined : logprobs
}

function readLogprob(value: unknown): Logprob | undefined {
  const said = objectOf<ChatLogprob>(value)
  if (typeof said?.token !== 'string' || typeof said.logprob !== 'number') return undefined
  return defined<Logprob>({
    token: said.token,
    logprob: said.logprob,
    bytes: Array.isArray(said.bytes) ? said.bytes : undefined,
    top: readLogprobs(said.top_logprobs),
  })
}

export function writeLogprob({ token, logprob, bytes, top = [] }: Logprob): Wire {
  return { token, logprob, bytes: bytes ?? null, top_logprobs: top.map(writeTop) }
}

function writeTop({ token, logprob, bytes }: Logprob): Wire {
  return { token, logprob, bytes: bytes ?? null }
}

/** Cached and audio input are inside the input count, reasoning and audio output inside the output count. */
export function readUsage(usage: Unread<ChatUsage>): SaidUsage {
  const prompt = objectOf<ChatUsage['prompt_tokens_details']>(usage.prompt_tokens_details)
  const completion = objectOf<ChatUsage['completion_tokens_details']>(usage.completion_tokens_details)
  return {
    input: countOf(usage.prompt_tokens),
    output: countOf(usage.completion_tokens),
    cacheRead:
      countOf(prompt?.cached_tokens) ??
      countOf(usage.cached_tokens) ??
      countOf(usage.prompt_cache_hit_tokens) ??
      countOf(usage.cache_read_input_tokens),
    cacheWrite: countOf(prompt?.cache_write_tokens) ?? countOf(usage.cache_creation_input_tokens),
    reasoning: countOf(completion?.reasoning_tokens) ?? countOf(usage.reasoning_tokens),
    audioInput: countOf(prompt?.audio_tokens),
    audioOutput: countOf(completion?.audio_tokens),
    reportedCostUsd: countOf(usage.cost) ?? countOf(objectOf<{ total_cost: number }>(usage.cost)?.total_cost),
  }
}

const USAGE_MEMBERS: ReadonlySet<string> = new Set([
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'cached_tokens',
  'prompt_cache_hit_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'reasoning_tokens',
])
const PROMPT_MEMBERS: ReadonlySet<string> = new Set(['cached_tokens', 'audio_tokens', 'cache_write_tokens'])
const COMPLETION_MEMBERS: ReadonlySet<string> = new Set(['reasoning_tokens', 'audio_tokens'])

/** The counts, with the members that mean nothing elsewhere in the pocket. */
export function decodeUsage(said: Unread<ChatUsage>): Usage {
  const rest = spoken(restOf(said as Wire, USAGE_MEMBERS) ?? {})
  const total = countOf(said.total_tokens)
  if (typeof rest.cost === 'number') delete rest.cost
  // Normally the sum: kept where a server counts otherwise.
  if (total !== undefined && total !== sumOf(countOf(said.prompt_tokens), countOf(said.completion_tokens)))
    rest.total_tokens = total
  keepDetails(rest, 'prompt_tokens_details', PROMPT_MEMBERS)
  keepDetails(rest, 'completion_tokens_details', COMPLETION_MEMBERS)
  const native = Object.keys(rest).length === 0 ? undefined : nativeOf(rest)
  return defined<Usage>({ ...readUsage(said), native })
}

function keepDetails(rest: Record<string, unknown>, name: string, known: ReadonlySet<string>): void {
  const details = spoken(restOf(objectOf(rest[name]) ?? {}, known) ?? {})
  if (Object.keys(details).length > 0) rest[name] = details
  else delete rest[name]
}

/** Without the members that are null: they say nothing. */
export function spoken(members: Wire): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined))
}

/** The usage object; members that nobody said are left out. */
export function encodeUsage(usage: Usage): Wire {
  const own = membersFor('chat', usage.native) ?? {}
  const { prompt_tokens_details, completion_tokens_details, total_tokens, cost, ...rest } = own
  return defined<Record<string, unknown>>({
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: total_tokens ?? sumOf(usage.input, usage.output),
    prompt_tokens_details: some({
      cached_tokens: usage.cacheRead,
      audio_tokens: usage.audioInput,
      cache_write_tokens: usage.cacheWrite,
      ...objectOf(prompt_tokens_details),
    }),
    completion_tokens_details: some({
      reasoning_tokens: usage.reasoning,
      audio_tokens: usage.audioOutput,
      ...objectOf(completion_tokens_details),
    }),
    cost: cost ?? usage.reportedCostUsd,
    ...rest,
  })
}

function some(members: Wire): Wire | undefined {
  const kept = defined<Record<string, unknown>>(members)
  return Object.keys(kept).length === 0 ? undefined : kept
}

/** Efforts of reasoning, from least to most. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
