import type { Failure } from '../../errors.ts'
import { encodeEvent } from '../../sse/index.ts'
import type { DialectFailure } from '../dialect.ts'
import { decodeErrorAnswer, decodeErrorEvent } from '../error-body.ts'
import { encodeOpenaiError, isOpenaiError, OPENAI_FAILURES, toOpenaiError } from '../openai-error.ts'
import { hasError, itemsOf, objectOf, textOf, type Unread } from '../value.ts'
import type { ChatChoice, ChatChunk, ChatError } from './wire.ts'

export const failure: DialectFailure = {
  decode: (status, headers, body) => decodeErrorAnswer(OPENAI_FAILURES, status, headers, body),
  isOwn: isOpenaiError,
  encode: encodeOpenaiError,
  encodeInStream: failure => encodeEvent({ data: JSON.stringify({ error: toOpenaiError(failure) }) }),
}

/** The failure that a chunk tells: in an event named `error` (Groq), or in a member of the chunk or of a candidate. */
export function decodeChatEvent(name: string | undefined, chunk: Unread<ChatChunk>): Failure | undefined {
  if (name === 'error' || chunk.object === 'error' || hasError(chunk)) return decodeErrorEvent(OPENAI_FAILURES, chunk)
  const failed = itemsOf(chunk.choices)
    .map(choice => objectOf<ChatChoice>(choice))
    .find(choice => choice !== undefined && (hasError(choice) || choice.finish_reason === 'error'))
  return failed && decodeErrorEvent(OPENAI_FAILURES, failed)
}

/** What the SDKs look for: an error elsewhere in a chunk, or a text in its place, is not read by all. */
export function isOwnError(name: string | undefined, { error }: Unread<ChatChunk>): boolean {
  return name === 'error' || textOf(objectOf<ChatError>(error)?.message) !== undefined
}
