import { fromUtf8 } from '../../bytes.ts'
import type { Codec } from '../codec.ts'
import type { Dialect } from '../dialect.ts'
import { counting } from './counting.ts'
import { failure } from './failure.ts'
import { http } from './http.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { createMeter, whole } from './meter.ts'
import { models } from './models.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { SAYINGS } from './sayings.ts'
import { createStreamDecoder } from './stream-decoder.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'

const codec: Codec = {
  sayings: SAYINGS,
  decodeRequest,
  encodeRequest,
  decodeMessage,
  encodeMessage,
  createStreamDecoder,
  createStreamEncoder: (context, write) => new MessagesStreamEncoder(context, write),
}

/** Anthropic Messages. */
export const messages: Dialect = Object.freeze<Dialect>({
  name: 'messages',
  http,
  failure,
  keepAlive: fromUtf8('event: ping\ndata: {"type": "ping"}\n\n'),
  createMeter,
  whole,
  models,
  counting,
  modelAt: [['model'], ['message', 'model']],
  usageAt: [['usage']],
  frames: {
    deltaAt: [
      ['delta', 'text'],
      ['delta', 'thinking'],
      ['delta', 'partial_json'],
      ['content_block', 'text'],
      ['content_block', 'thinking'],
    ],
    placeAt: 'index',
  },
  wrappedAt: [{ path: ['messages', '*', 'content', '*'], holds: [['signature'], ['data']], emptied: 'turn' }],
  codec,
})
