/** Why a candidate ended, in one vocabulary. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'refusal' | 'filtered' | 'paused' | 'other'

export interface Finish {
  readonly reason: FinishReason
  /** The provider's own word; undefined when the stream ended legally without one. */
  readonly raw: string | undefined
  readonly stopSequence?: string
}

/** The table's reason for a provider's word; unknown words are a value, `other`. */
export function finishOf(table: Readonly<Record<string, FinishReason>>, raw: string): Finish {
  return { reason: Object.hasOwn(table, raw) ? (table[raw] as FinishReason) : 'other', raw }
}
