/** How the bytes travel: as they come, as they come but for declared edits, or through the hub. */
export type Lane = 'relay' | 'edit' | 'convert' | 'custom'

/**
 * What the client wants against what the upstream gives: `stream` over stream, a whole body collected
 * from a stream (`collect`), a stream made of a whole body (`expand`), or whole over `whole`.
 */
export type Shape = 'stream' | 'collect' | 'expand' | 'whole'

/** How an exchange ended. `refused`: it was answered here, no upstream was asked. */
export type Outcome = 'completed' | 'failed' | 'truncated' | 'cancelled' | 'timeout' | 'refused'
