import { fromUtf8 } from '../../bytes.ts'
import { encodeComment } from '../../sse/index.ts'
import type { Codec } from '../codec.ts'
import type { Dialect } from '../dialect.ts'
import { failure } from './failure.ts'
import { http } from './http.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { createMeter, whole } from './meter.ts'
import { models } from './models.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { SAYINGS } from './sayings.ts'
import { createStreamDecoder } from './stream-decoder.ts'
import { createStreamEncoder } from './stream-encoder.ts'

const codec: Codec = {
  sayings: SAYINGS,
  decodeRequest,
  encodeRequest,
  decodeMessage,
  encodeMessage,
  createStreamDecoder,
  createStreamEncoder,
}

/** OpenAI Chat Completions. */
export const chat: Dialect = Object.freeze<Dialect>({
  name: 'chat',
  http,
  failure,
  keepAlive: fromUtf8(encodeComment('keep-alive')),
  createMeter,
  whole,
  models,
  modelAt: [['model']],
  usageAt: [['usage']],
  frames: {
    deltaAt: [
      ['choices', '*', 'delta', 'content'],
      ['choices', '*', 'delta', 'content', '*', 'text'],
      ['choices', '*', 'delta', 'content', '*', 'thinking'],
      ['choices', '*', 'delta', 'content', '*', 'thinking', '*', 'text'],
      ['choices', '*', 'delta', 'refusal'],
      ['choices', '*', 'delta', 'reasoning'],
      ['choices', '*', 'delta', 'reasoning_content'],
      ['choices', '*', 'delta', 'reasoning_text'],
      ['choices', '*', 'delta', 'reasoning_details', '*', 'text'],
      ['choices', '*', 'delta', 'reasoning_details', '*', 'summary'],
      ['choices', '*', 'delta', 'tool_calls', '*', 'function', 'arguments'],
      ['choices', '*', 'delta', 'tool_calls', '*', 'custom', 'input'],
      ['choices', '*', 'delta', 'function_call', 'arguments'],
    ],
    repeats: { texts: 'reasoning', in: '"reasoning_details"' },
  },
  wrappedAt: [
    {
      path: ['messages', '*', 'reasoning_details', '*'],
      holds: [['signature'], ['data'], ['format']],
      emptied: 'list',
    },
    {
      path: ['messages', '*', 'tool_calls', '*', 'extra_content'],
      holds: [['google', 'thought_signature']],
      emptied: 'list',
    },
  ],
  codec,
})
