import { fromUtf8 } from '../../bytes.ts'
import type { Dialect } from '../dialect.ts'
import { failure } from './failure.ts'
import { http } from './http.ts'
import { createMeter, whole } from './meter.ts'
import { models } from './models.ts'

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
  modelAt: [['modelVersion']],
  wrappedAt: [{ path: ['contents', '*', 'parts', '*', 'thoughtSignature'], holds: [[]], emptied: 'list' }],
})
