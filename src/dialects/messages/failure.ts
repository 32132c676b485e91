import { fromUtf8, toUtf8 } from '../../bytes.ts'
import type { Failure } from '../../errors.ts'
import { encodeEvent } from '../../sse/index.ts'
import type { DialectFailure } from '../dialect.ts'
import { decodeErrorAnswer, decodeErrorEvent } from '../error-body.ts'
import { defined, objectOf, parseJson, textOf, type Wire } from '../value.ts'
import { FAILURE_TYPES, FAILURE_WORDS } from './tables.ts'
import type { MessagesError } from './wire.ts'

export const failure: DialectFailure = {
  decode: (status, headers, body) => decodeErrorAnswer(FAILURE_WORDS, status, headers, body),
  isOwn(body) {
    const answer = objectOf(parseJson(toUtf8(body)))
    const error = objectOf<MessagesError>(answer?.error)
    return answer?.type === 'error' && textOf(error?.type) !== undefined && typeof error?.message === 'string'
  },
  encode(failure, requestId) {
    return fromUtf8(JSON.stringify({ type: 'error', error: toError(failure), request_id: requestId }))
  },
  encodeInStream(failure) {
    return encodeEvent({ event: 'error', data: JSON.stringify({ type: 'error', error: toError(failure) }) })
  },
}

export function decodeMessagesEvent(event: Wire): Failure {
  return decodeErrorEvent(FAILURE_WORDS, event)
}

/** The provider's own type stays if it is one of this API; a foreign word would break clients that know them all. */
function toError({ code, message, raw }: Failure): MessagesError {
  const words = FAILURE_TYPES[code]
  const type = raw?.type !== undefined && Object.hasOwn(FAILURE_WORDS, raw.type) ? raw.type : words.type
  const details = words.errorCode === undefined ? undefined : { error_code: words.errorCode }
  return defined<MessagesError>({ type, message, details })
}
