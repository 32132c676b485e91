import type { Retention } from './folder.ts'
import type { Recorded } from './recorded.ts'

/** What the thread is started with. */
export interface WriterSetup extends Retention {
  readonly folder: string
  /** Every configured key. */
  readonly secrets: readonly string[]
}

/** What it is asked: to write an exchange, or to look after what is too old. */
export type WriterJob = { readonly number: number; readonly recorded: Recorded | undefined }

/** That it is done, or why not. */
export type WriterReply = { readonly number: number; readonly error: string | undefined }
