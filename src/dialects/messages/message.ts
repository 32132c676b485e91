import { Fold, type Losses, type Message, type Usage, unfoldMessage } from '../../model/index.ts'
import type { DecodeAnswerContext, EncodeAnswerContext } from '../codec.ts'
import { countOf, hasError, itemsOf, objectOf, parseJson, type Wire } from '../value.ts'
import { Accumulator } from './accumulator.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'
import type { MessagesUsage } from './wire.ts'

/** Reads a whole answer as the stream that says the same. */
export function decodeMessage(body: Wire, context: DecodeAnswerContext): Message {
  const fold = new Fold()
  const decoder = new MessagesStreamDecoder(context, event => fold.push(event))
  if (hasError(body)) decoder.read('error', { ...body, type: 'error' })
  else {
    decoder.read(undefined, { type: 'message_start', message: { ...body, content: [] } })
    for (const [index, content_block] of itemsOf(body.content).entries()) {
      decoder.read(undefined, { type: 'content_block_start', index, content_block })
      decoder.read(undefined, { type: 'content_block_stop', index })
    }
    const { stop_reason, stop_sequence, stop_details } = body
    const usage = withoutPlaceholder(body.usage)
    decoder.read(undefined, { type: 'message_delta', delta: { stop_reason, stop_sequence, stop_details }, usage })
    decoder.read(undefined, { type: 'message_stop' })
  }
  return fold.message
}

/**
 * Writes a whole answer: what a client makes of the stream that says the same. The input of a call that
 * was cut is what can be read of it.
 */
export function encodeMessage(message: Message, context: EncodeAnswerContext): Wire {
  for (const [at, part] of (message.candidates[0]?.parts ?? []).entries())
    if (part.kind === 'tool-call' && part.input === 'json' && parseJson(part.payload) === undefined)
      context.losses.add(`/candidates/0/parts/${at}/payload`, 'unit')
  loseZeros(message.usage ?? {}, context.losses)
  const accumulator = new Accumulator()
  const encoder = new MessagesStreamEncoder(context, frame => accumulator.push(frame))
  unfoldMessage(message, event => encoder.push(event))
  return accumulator.message
}

/** A whole body always has a number of input tokens: zero where nobody said one, since no answer has none. */
function withoutPlaceholder(value: unknown): Wire | undefined {
  const usage = objectOf<MessagesUsage>(value)
  if (usage?.input_tokens !== 0) return usage
  const isCached = (countOf(usage.cache_read_input_tokens) ?? countOf(usage.cache_creation_input_tokens)) !== undefined
  return isCached ? usage : { ...usage, input_tokens: null }
}

/** What is taken for that placeholder when it is read. */
function loseZeros({ input, cacheRead, cacheWrite, output }: Usage, losses: Losses): void {
  if (input !== 0 || cacheRead !== undefined || cacheWrite !== undefined) return
  losses.add('/usage/input', 'cosmetic')
  if (output === 0) losses.add('/usage/output', 'cosmetic')
}
