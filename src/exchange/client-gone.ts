import type { Reading } from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
import { isOver } from './spent-budget.ts'

/** What becomes of an exchange whose client leaves before the end of its answer. */
export interface ClientGone {
  /**
   * `cancel`: the upstream is aborted at once. `drain`: what is being generated is paid for, so it is read
   * to its end for the sake of its usage, and the report says `cancelled`; an upstream that has not answered
   * yet is aborted. `detach`: all goes on as if the client were there, and the report says how it ended.
   */
  readonly policy: 'cancel' | 'drain' | 'detach'
  /** How long the exchange may go on without its client. Default 300 000; zero or less: as long as its other budgets. */
  readonly maxMs?: number
  /** After how many output tokens it is aborted; while no count is told, an event with content counts as one. Default: never. */
  readonly maxOutputTokens?: number
}

/** How long an exchange may go on without its client, in milliseconds. */
const MAX_MS = 300_000

/** Whether an exchange has gone on without its client for long enough. */
export function isSpentAlone(
  wish: Partial<ClientGone> | undefined,
  aloneMs: number,
  reading: Reading | undefined,
): boolean {
  const { maxMs = MAX_MS, maxOutputTokens = Number.POSITIVE_INFINITY } = wish ?? {}
  return isOver(aloneMs, 0, maxMs) || (reading?.usage.output ?? reading?.progress ?? 0) >= maxOutputTokens
}

export function leftFailure(): Failure {
  return failure('cancelled', 'Client left before the end of the answer')
}
