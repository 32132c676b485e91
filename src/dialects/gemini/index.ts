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
import { createArrayEncoder, createStreamEncoder, wantsArray } from './stream-encoder.ts'
import { toolRuns } from './tool-runs.ts'

const codec: Codec = {
  sayings: SAYINGS,
  decodeRequest,
  encodeRequest,
  decodeMessage,
  encodeMessage,
  createStreamDecoder,
  createStreamEncoder,
  array: { isWanted: wantsArray, createEncoder: createArrayEncoder },
}

/** Gemini generateContent. */
export const gemini: Dialect = Object.freeze<Dialect>({
  name: 'gemini',
  http,
  failure,
  // A blank line: Google's Python SDK, and older JavaScript ones, take a comment for the beginning of JSON.
  keepAlive: fromUtf8('\r\n'),
  createMeter,
  whole,
  models,
  counting,
  modelAt: [['modelVersion']],
  usageAt: [['usageMetadata']],
  toolRuns,
  frames: {
    deltaAt: [['candidates', '*', 'content', 'parts', '*', 'text']],
    sayCallsWhole: true,
  },
  wrappedAt: [{ path: ['contents', '*', 'parts', '*', 'thoughtSignature'], holds: [[]], emptied: 'list' }],
  codec,
})
