import type { DialectName } from '../../../src/dialects/index.ts'

/** One thing that a request says: its sort, then its values. */
export type Said = readonly unknown[]

/** An upstream that plays its side of the conversation in the shapes that its providers send. */
export interface Upstream {
  readonly dialect: DialectName
  /** Event streams, one after the other. */
  readonly answers: readonly string[]
  /** What a request says after the question, turn by turn: its own tokens have to come back byte for byte. */
  readonly turns: readonly (readonly Said[])[]
  /** Everything that a request says, in order. */
  read(body: unknown): readonly Said[]
}

export function namedEvents(events: readonly { readonly type: string }[]): string {
  return events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

export function plainEvents(chunks: readonly object[]): string {
  return chunks.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`).join('')
}
