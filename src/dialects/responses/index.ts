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
import { toolRuns } from './tool-runs.ts'

export { type AnswerOrigin, rememberAnswer, withHistory } from './history.ts'
export {
  MemoryResponseStore,
  type MemoryResponseStoreOptions,
  type ResponseStore,
  type StoredResponse,
} from './response-store.ts'

const codec: Codec = Object.freeze({
  sayings: SAYINGS,
  decodeRequest,
  encodeRequest,
  decodeMessage,
  encodeMessage,
  createStreamDecoder,
  createStreamEncoder,
})

/** OpenAI Responses. */
export const responses: Dialect = Object.freeze<Dialect>({
  name: 'responses',
  http,
  failure,
  keepAlive: fromUtf8(encodeComment('keep-alive')),
  createMeter,
  whole,
  models,
  modelAt: [['model'], ['response', 'model']],
  usageAt: [['response', 'usage'], ['usage']],
  toolRuns,
  frames: {
    deltaAt: [['delta']],
    numberAt: 'sequence_number',
    placeAt: 'output_index',
    repeats: { texts: 'all', in: '.done"' },
  },
  wrappedAt: [{ path: ['input', '*'], holds: [['encrypted_content']], emptied: 'list' }],
  codec,
})
