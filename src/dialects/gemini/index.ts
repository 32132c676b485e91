import { fromUtf8 } from '../../bytes.ts'
import type { Dialect } from '../dialect.ts'
import { failure } from './failure.ts'
import { http } from './http.ts'
import { createMeter, whole } from './meter.ts'
import { models } from './models.ts'

/** Gemini generateContent. */
export const gemini: Dialect = Object.freeze({
  name: 'gemini',
  http,
  failure,
  // A blank line: older releases of the official SDKs take nothing else for an empty event, a comment least of all.
  keepAlive: fromUtf8('\r\n'),
  createMeter,
  whole,
  models,
})
