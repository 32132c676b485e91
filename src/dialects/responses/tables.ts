import type { Effort, FinishReason, SaidUsage, Usage } from '../../model/index.ts'
import { countOf, defined, objectOf, restOf, sumOf, type Unread, type Wire } from '../value.ts'
import type { ResponsesUsage } from './wire.ts'

/** The status of a response that has ended, or the reason why it is incomplete. */
export const FINISHES = {
  completed: 'stop',
  max_output_tokens: 'length',
  content_filter: 'filtered',
} as const satisfies Record<string, FinishReason>

/** What the deltas that carry the answer itself are made of, `call` the input of a tool. Other deltas belong to tools that the provider runs. */
export const DELTAS = {
  'response.output_text.delta': 'token',
  'response.refusal.delta': 'token',
  'response.function_call_arguments.delta': 'call',
  'response.custom_tool_call_input.delta': 'call',
  'response.audio.delta': 'token',
  'response.audio.transcript.delta': 'token',
  'response.reasoning_text.delta': 'reasoning',
  'response.reasoning_summary_text.delta': 'reasoning',
} as const satisfies Record<string, 'token' | 'call' | 'reasoning'>

/** Events that announce and bring nothing yet. */
export const HANDSHAKE: ReadonlySet<string> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
])

/** Items that wait for the client to do something. */
export const CLIENT_CALLS: ReadonlySet<string> = new Set(['function_call', 'custom_tool_call'])

/** Cached input is inside the input count, reasoning inside the output count. */
export function readUsage(usage: Unread<ResponsesUsage>): SaidUsage {
  const input = objectOf<ResponsesUsage['input_tokens_details']>(usage.input_tokens_details)
  const output = objectOf<ResponsesUsage['output_tokens_details']>(usage.output_tokens_details)
  return {
    input: countOf(usage.input_tokens),
    cacheRead: countOf(input?.cached_tokens),
    cacheWrite: countOf(input?.cache_write_tokens),
    output: countOf(usage.output_tokens),
    reasoning: countOf(output?.reasoning_tokens),
  }
}

const USAGE_MEMBERS: ReadonlySet<string> = new Set([
  'input_tokens',
  'input_tokens_details',
  'output_tokens',
  'output_tokens_details',
  'total_tokens',
])
const INPUT_MEMBERS: ReadonlySet<string> = new Set(['cached_tokens', 'cache_write_tokens'])
const OUTPUT_MEMBERS: ReadonlySet<string> = new Set(['reasoning_tokens'])

/** What a usage says, with what has no home in its pocket. A total that is no sum is kept there too. */
export function decodeUsage(usage: Unread<ResponsesUsage>): Usage {
  const said = readUsage(usage)
  const total = usage.total_tokens
  const members = defined<Record<string, unknown>>({
    ...restOf(usage as Wire, USAGE_MEMBERS),
    input_tokens_details: restOf(objectOf(usage.input_tokens_details) ?? {}, INPUT_MEMBERS),
    output_tokens_details: restOf(objectOf(usage.output_tokens_details) ?? {}, OUTPUT_MEMBERS),
    total_tokens: total === sumOf(said.input, said.output) ? undefined : total,
  })
  const native = Object.keys(members).length === 0 ? undefined : ({ dialect: 'responses', members } as const)
  return defined<Usage>({ ...said, native })
}

/**
 * Only what was said: a zero that nobody said would be billed as one. But who says only what came in (of a
 * blocked prompt), or only what went out, has a zero in the other place, and who says what the cache wrote one
 * for what it read: clients of strict types (Codex) read no usage without them, and no end of the answer.
 */
export function encodeUsage(usage: Usage): Wire {
  const { input, cacheRead, cacheWrite, output, reasoning, native } = usage
  const own = native?.dialect === 'responses' ? native.members : {}
  const { input_tokens_details, output_tokens_details, ...rest } = own
  const inputDetails = defined({
    cached_tokens: cacheRead ?? (cacheWrite === undefined ? undefined : 0),
    cache_write_tokens: cacheWrite,
    ...objectOf(input_tokens_details),
  })
  const outputDetails = defined({ reasoning_tokens: reasoning, ...objectOf(output_tokens_details) })
  return defined<Wire>({
    input_tokens: input ?? (output === undefined ? undefined : 0),
    input_tokens_details: orNothing(inputDetails),
    output_tokens: output ?? (input === undefined ? undefined : 0),
    output_tokens_details: orNothing(outputDetails),
    total_tokens: sumOf(input, output),
    ...rest,
  })
}

function orNothing(object: object): object | undefined {
  return Object.keys(object).length === 0 ? undefined : object
}

/** Members of a usage that have no place here. */
export const LOST_USAGE = [
  'cacheWrite1h',
  'audioInput',
  'audioOutput',
  'serverTools',
  'reportedCostUsd',
  'byModel',
] as const satisfies readonly (keyof Usage)[]

/** The item that an event belongs to which no event has announced. */
export const ITEM_OF_EVENT: Readonly<Record<string, string>> = {
  'response.content_part.added': 'message',
  'response.content_part.done': 'message',
  'response.output_text.delta': 'message',
  'response.output_text.done': 'message',
  'response.refusal.delta': 'message',
  'response.refusal.done': 'message',
  'response.reasoning_text.delta': 'reasoning',
  'response.reasoning_text.done': 'reasoning',
  'response.reasoning_summary_part.added': 'reasoning',
  'response.reasoning_summary_text.delta': 'reasoning',
  'response.reasoning_summary_text.done': 'reasoning',
  'response.function_call_arguments.delta': 'function_call',
  'response.function_call_arguments.done': 'function_call',
  'response.custom_tool_call_input.delta': 'custom_tool_call',
  'response.custom_tool_call_input.done': 'custom_tool_call',
}

/** How a reason to end is said: the response's status, and why it is incomplete. */
export const ENDINGS = {
  stop: { status: 'completed', reason: undefined },
  'tool-calls': { status: 'completed', reason: undefined },
  paused: { status: 'completed', reason: undefined },
  other: { status: 'completed', reason: undefined },
  length: { status: 'incomplete', reason: 'max_output_tokens' },
  filtered: { status: 'incomplete', reason: 'content_filter' },
  // An answer that was withheld is no success; where the refusal itself is an answer, it is complete.
  refusal: { status: 'incomplete', reason: 'content_filter' },
} as const satisfies Record<FinishReason, { readonly status: string; readonly reason: string | undefined }>

/** What the envelope of an answer says that came from elsewhere: clients of strict types want these members. */
export const PLAIN_ENVELOPE = JSON.stringify({
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  temperature: null,
  tool_choice: 'auto',
  tools: [],
  top_p: null,
})

/** Formats of the text. */
export const FORMATS = { text: 'text', json_object: 'json', json_schema: 'schema' } as const

export const EFFORTS: ReadonlySet<string> = new Set<Effort>([
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
])
