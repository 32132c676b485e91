import { fromUtf8, toUtf8 } from '../../bytes.ts'
import { FAILURES, type Failure } from '../../errors.ts'
import { encodeEvent } from '../../sse/index.ts'
import type { DialectFailure } from '../dialect.ts'
import { decodeErrorAnswer, decodeErrorEvent } from '../error-body.ts'
import { defined, hasError, objectOf, parseJson, type Unread } from '../value.ts'
import { FAILURE_STATUSES, FAILURE_WORDS } from './tables.ts'
import type { GeminiChunk, GeminiError, GeminiErrorDetail } from './wire.ts'

const TYPES = 'type.googleapis.com/google.rpc'

export const failure: DialectFailure = {
  decode: (status, headers, body) => decodeErrorAnswer(FAILURE_WORDS, status, headers, body),
  isOwn(body) {
    const answer = parseJson(toUtf8(body))
    // Without `alt=sse` an error comes in an array, as chunks do.
    return isOwnError(objectOf(Array.isArray(answer) ? answer[0] : answer)?.error)
  },
  encode: failure => fromUtf8(JSON.stringify({ error: toError(failure) })),
  encodeInStream: failure => encodeEvent({ data: JSON.stringify({ error: toError(failure) }) }),
}

/** What Google's SDK looks for. */
export function isOwnError(value: unknown): boolean {
  const error = objectOf<GeminiError>(value)
  return typeof error?.message === 'string' && typeof error.code === 'number'
}

export function decodeGeminiEvent(chunk: Unread<GeminiChunk>): Failure | undefined {
  if (!hasError(chunk)) return undefined
  return decodeErrorEvent(FAILURE_WORDS, chunk)
}

function toError({ code, status, message, retryAfterMs, raw }: Failure): GeminiError {
  const isOwnWord = raw?.type !== undefined && Object.hasOwn(FAILURE_WORDS, raw.type)
  const details: GeminiErrorDetail[] = []
  if (raw?.code !== undefined) details.push({ '@type': `${TYPES}.ErrorInfo`, reason: raw.code })
  if (retryAfterMs !== undefined) details.push({ '@type': `${TYPES}.RetryInfo`, retryDelay: `${retryAfterMs / 1000}s` })
  return defined<GeminiError>({
    // The SDK raises its error only for a status of an error.
    code: status >= 400 && status < 600 ? status : FAILURES[code].status,
    message,
    status: isOwnWord ? raw.type : FAILURE_STATUSES[code],
    details: details.length === 0 ? undefined : details,
  })
}
