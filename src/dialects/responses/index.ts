import { fromUtf8 } from '../../bytes.ts'
import { encodeComment } from '../../sse/index.ts'
import type { Dialect } from '../dialect.ts'
import { failure } from './failure.ts'
import { http } from './http.ts'
import { createMeter, whole } from './meter.ts'
import { models } from './models.ts'

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
  wrappedAt: [{ path: ['input', '*'], holds: [['encrypted_content']], emptied: 'list' }],
})
