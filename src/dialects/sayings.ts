import { MillraceError } from '../errors.ts'
import type { Losses, LossReason } from '../model/index.ts'

/** What can be said in a request, as the neutral model has it. */
export type RequestHome =
  | 'model'
  | 'stream'
  | 'instructions'
  | 'system turn'
  | 'turn name'
  | 'text'
  | 'image'
  | 'audio'
  | 'file'
  | 'reasoning text'
  | 'seals'
  | 'refusal text'
  | 'tool call'
  | 'custom tool call'
  | 'provider tool call'
  | 'tool result'
  | 'tool result media'
  | 'tool result failed'
  | 'cache mark'
  | 'cache ttl'
  | 'function tool'
  | 'tool strictness'
  | 'custom tool'
  | 'provider tool'
  | 'tool choice'
  | 'parallel tool calls'
  | 'max output tokens'
  | 'temperature'
  | 'top p'
  | 'top k'
  | 'seed'
  | 'presence penalty'
  | 'frequency penalty'
  | 'stop sequences'
  | 'several candidates'
  | 'reasoning switch'
  | 'reasoning effort'
  | 'reasoning budget'
  | 'reasoning summary'
  | 'json output'
  | 'schema output'
  | 'verbosity'
  | 'output modalities'
  | 'logprobs'
  | 'metadata'
  | 'user'
  | 'cache key'
  | 'service tier'
  | 'store'
  | 'usage wish'

/** What can be said in an answer. */
export type AnswerHome =
  | 'id'
  | 'model'
  | 'created at'
  | 'service tier'
  | 'text'
  | 'annotations'
  | 'logprobs'
  | 'refusal'
  | 'reasoning'
  | 'reasoning parts'
  | 'seals'
  | 'tool call'
  | 'custom tool call'
  | 'provider tool call'
  | 'provider tool result'
  | 'media'
  | 'several candidates'
  | 'finish reason'
  | 'stop sequence'
  | 'input tokens'
  | 'cache read tokens'
  | 'cache write tokens'
  | 'cache write 1h tokens'
  | 'output tokens'
  | 'reasoning tokens'
  | 'audio tokens'
  | 'provider tool counts'
  | 'reported cost'
  | 'failure'

/** How a dialect says something; or what becomes of it. */
export type Saying =
  /** `as`: the wire's member. `how`: what is special about it, for the docs. */
  | { readonly as: string; readonly how?: string }
  | { readonly lost: LossReason; readonly how?: string }
  /** `refused`: why; it ends a sentence that begins with the member. */
  | { readonly refused: string }

/** How one dialect says everything: total by type, read by its encoders, and printed as `docs/dialects.md`. */
export interface Sayings {
  /** How each member of a request is said. */
  readonly request: Readonly<Record<RequestHome, Saying>>
  /** How each member of an answer is said. */
  readonly answer: Readonly<Record<AnswerHome, Saying>>
  /** Members of the wire that this dialect alone has: kept for itself, lost in all others. */
  readonly natives: { readonly request: readonly string[]; readonly answer: readonly string[] }
}

/**
 * What a table says of something that its dialect cannot say: notes the loss, or refuses the request.
 *
 * @param path JSON pointer of it in the neutral request
 * @throws {MillraceError} `bad-request` where the table refuses
 */
export function unsaid(saying: Saying, path: string, losses: Losses): void {
  if ('lost' in saying) losses.add(path, saying.lost)
  else if ('refused' in saying) throw refusal(path, saying.refused)
}

/**
 * @param member what cannot be honoured, as the client knows it or as a pointer into the neutral request
 * @param code the provider's own word for it
 */
export function refusal(member: string, why: string, code?: string): MillraceError {
  const raw = code === undefined ? undefined : { param: member, code }
  return new MillraceError('bad-request', `Cannot honour \`${member}\`: ${why}`, { raw })
}
