import { fromLatin1, toUtf8 } from '../../bytes.ts'
import type { Failure } from '../../errors.ts'
import { encodeEvent } from '../../sse/index.ts'
import type { DialectFailure } from '../dialect.ts'
import { decodeErrorAnswer, decodeErrorEvent } from '../error-body.ts'
import { encodeOpenaiError, isOpenaiError, OPENAI_FAILURES, toOpenaiError } from '../openai-error.ts'
import { countOf, objectOf, parseJson, type Unread, type Wire } from '../value.ts'
import type { ResponsesEvent } from './wire.ts'

export const failure: DialectFailure = {
  decode: (status, headers, body) => decodeErrorAnswer(OPENAI_FAILURES, status, headers, body),
  isOwn: isOpenaiError,
  encode: encodeOpenaiError,
  encodeInStream: (failure, last, answerId = '') => encodeFailureEvents(failure, nextNumber(last), { id: answerId }),
}

/**
 * The two events that end a stream in a failure.
 *
 * The provider sends both, in this order. The SDK raises its error at the first, which has the error nested
 * although the reference shows it flat; Codex reads the second and no other. It takes the word for an
 * overload there for final, and asks again after `server_error`, which is also what the reference has.
 *
 * @param number the next sequence number
 * @param response what else is known of the response that failed
 */
export function encodeFailureEvents(failure: Failure, number: number, response: Wire): string {
  const error = toOpenaiError(failure)
  const failed = {
    object: 'response',
    status: 'failed',
    error: {
      code: failure.code === 'overloaded' ? 'server_error' : (error.code ?? error.type),
      message: error.message,
    },
    incomplete_details: null,
    output: [],
    ...response,
  }
  return (
    encodeNamed({ type: 'error', error, sequence_number: number }) +
    encodeNamed({ type: 'response.failed', response: failed, sequence_number: number + 1 })
  )
}

/** Reads `error`, nested or flat, and `response.failed`. */
export function decodeResponsesEvent(event: Unread<ResponsesEvent>): Failure {
  const response = objectOf(event.response)
  return decodeErrorEvent(OPENAI_FAILURES, response === undefined ? event : { error: response.error })
}

function encodeNamed(event: { readonly type: string; readonly [member: string]: unknown }): string {
  return encodeEvent({ event: event.type, data: JSON.stringify(event) })
}

/** One after the number of the last event; some servers send none, then from 0. */
function nextNumber(last = ''): number {
  const data = last.slice(last.indexOf('{'), last.lastIndexOf('}') + 1)
  const event = objectOf<ResponsesEvent>(parseJson(toUtf8(fromLatin1(data))))
  const number = countOf(event?.sequence_number)
  return number === undefined ? 0 : number + 1
}
