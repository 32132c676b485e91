import type { DialectName } from '../../../src/dialects/index.ts'
import type { Expected } from '../../corpus.ts'
import type { Answer } from '../../sdk/answer.ts'

export type Shape = 'stream' | 'whole'

/** What a client made of an answer. */
export interface Told extends Pick<Answer, 'text' | 'reasoning' | 'refusal' | 'usage'> {
  readonly calls: readonly { readonly id: string | null; readonly name: string; readonly args: unknown }[]
  readonly finish: Expected['finish']
}

export interface Ask {
  readonly url: string
  readonly model: string
  readonly fetch: typeof fetch
}

/** What a client's own types have no place for, whoever it asks. A refusal is told as text then. */
export type Unsaid = 'reasoning' | 'refusal' | 'cacheWrite' | 'candidates'

/** An official client, asking as its users do: with the helpers that accumulate, and throw at what is not to the letter. */
export interface Client extends Readonly<Record<Shape, (ask: Ask) => Promise<Told>>> {
  /** The package, and what of it: `openai responses`. */
  readonly name: string
  readonly dialect: DialectName
  /** Default: all is said. */
  readonly unsaid?: readonly Unsaid[]
  /** How an answer ends that refuses, whatever its finish says. Default: as it says. */
  readonly refusalEnds?: Expected['finish']
  /** Whether an error is what it raises when the API says that it failed. */
  isTyped(error: unknown): boolean
}

export const TURN = { role: 'user', content: 'Hello' } as const
