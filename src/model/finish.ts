import type { Native } from './native.ts'

/** Why a candidate ended, in one vocabulary. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'refusal' | 'filtered' | 'paused' | 'other'

/** Why a candidate ended. */
export interface Finish {
  /** Why, in one vocabulary. */
  readonly reason: FinishReason
  /** The provider's own word; undefined when the stream ended legally without one. */
  readonly raw: string | undefined
  /** The stop sequence that was met; absent where none was, or nobody said. */
  readonly stopSequence?: string
  /** What else the provider says of the end: stop details, the whole of a native finish. */
  readonly native?: Native
}

/** The table's reason for a provider's word; unknown words are a value, `other`. */
export function finishOf(table: Readonly<Record<string, FinishReason>>, raw: string): Finish {
  return { reason: Object.hasOwn(table, raw) ? (table[raw] as FinishReason) : 'other', raw }
}
