import { parseExact } from '../../json/index.ts'
import { Fold, type Message, membersFor, unfoldMessage } from '../../model/index.ts'
import type { DecodeAnswerContext, EncodeAnswerContext } from '../codec.ts'
import { hasError, textOf, type Wire } from '../value.ts'
import { ResponsesDecoder } from './stream-decoder.ts'
import { ResponsesEncoder } from './stream-encoder.ts'

/** A whole response is read as the event that would bring it: the final one repeats everything. */
export function decodeMessage(body: Wire, context: DecodeAnswerContext): Message {
  const fold = new Fold()
  const decoder = new ResponsesDecoder(context, event => fold.push(event))
  const status = textOf(body.status)
  if (status === undefined && hasError(body)) decoder.read('error', body)
  else decoder.read(undefined, { type: `response.${status ?? 'completed'}`, response: body })
  decoder.end()
  return fold.message
}

/** The response that would be the last word of the same answer's stream. */
export function encodeMessage(message: Message, context: EncodeAnswerContext): Wire {
  const encoder = new ResponsesEncoder(context, () => {})
  unfoldMessage(message, event => encoder.push(event))
  // What stood beside the response in its last event.
  if (membersFor('responses', message.native)?.event !== undefined)
    context.losses.add('/native/members/event', 'cosmetic')
  return parseExact(encoder.response ?? '{}') as Wire
}
