import type { Instance } from './instances.ts'
import type { Question } from './questions.ts'
import type { Retention } from './retention.ts'

/** What a thread of the ledger is started with. */
export type Duty =
  | ({ readonly role: 'writer'; readonly url: string; readonly instance: Instance } & Retention)
  | { readonly role: 'reader'; readonly url: string }

/** What the thread that writes is told. */
export type WriterOrder =
  | { readonly kind: 'write'; readonly opened: string; readonly settled: string }
  /** It says that the instance is gone, closes the store, and ends. */
  | { readonly kind: 'close' }

/** What it answers, once to each `write`; `failed` also of its own accord, when it cannot open the store. */
export type WriterAnswer =
  | { readonly kind: 'open' }
  | { readonly kind: 'written'; readonly refused: number }
  | { readonly kind: 'failed'; readonly isOfBatch: boolean; readonly message: string }

/** What the thread that reads is asked. */
export interface ReaderOrder {
  readonly number: number
  readonly question: Question
}

export type ReaderAnswer =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly message: string; readonly isMissing: boolean }
