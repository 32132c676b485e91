import { fromUtf8 } from '../../bytes.ts'
import type { Dialect } from '../dialect.ts'
import { failure } from './failure.ts'
import { http } from './http.ts'
import { createMeter, whole } from './meter.ts'
import { models } from './models.ts'

/** Anthropic Messages. */
export const messages: Dialect = Object.freeze<Dialect>({
  name: 'messages',
  http,
  failure,
  keepAlive: fromUtf8('event: ping\ndata: {"type": "ping"}\n\n'),
  createMeter,
  whole,
  models,
  modelAt: [['model'], ['message', 'model']],
  wrappedAt: [{ path: ['messages', '*', 'content', '*'], holds: [['signature'], ['data']], emptied: 'turn' }],
})
