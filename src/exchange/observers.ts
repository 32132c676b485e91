import type { Failure } from '../errors.ts'
import type { Head } from '../http/index.ts'
import type { StreamEvent } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import type { Attempt } from './adapter.ts'
import type { ExchangeObserver } from './options.ts'

/** Two observers as one, the first told first; each is told only what it wants. */
export function bothOf(first: ExchangeObserver, second: ExchangeObserver | undefined): ExchangeObserver {
  return second === undefined ? first : new Both(first, second)
}

class Both implements ExchangeObserver {
  readonly onRawChunk?: (chunk: Uint8Array) => void
  readonly onSentChunk?: (chunk: Uint8Array) => void
  readonly onEvent?: (event: StreamEvent) => void
  readonly wantsEvents: boolean

  readonly #first: ExchangeObserver
  readonly #second: ExchangeObserver

  constructor(first: ExchangeObserver, second: ExchangeObserver) {
    this.#first = first
    this.#second = second
    const onRawChunk = told(first.onRawChunk?.bind(first), second.onRawChunk?.bind(second))
    const onSentChunk = told(first.onSentChunk?.bind(first), second.onSentChunk?.bind(second))
    const onEvent = told(first.onEvent?.bind(first), second.onEvent?.bind(second))
    if (onRawChunk !== undefined) this.onRawChunk = onRawChunk
    if (onSentChunk !== undefined) this.onSentChunk = onSentChunk
    if (onEvent !== undefined) this.onEvent = onEvent
    this.wantsEvents = first.wantsEvents === true || second.wantsEvents === true
  }

  onStart(attempt: Attempt | undefined): void {
    this.#first.onStart?.(attempt)
    this.#second.onStart?.(attempt)
  }

  onHead(head: Head): void {
    this.#first.onHead?.(head)
    this.#second.onHead?.(head)
  }

  onRawEnd(failed: Failure | undefined): void {
    this.#first.onRawEnd?.(failed)
    this.#second.onRawEnd?.(failed)
  }

  onSentHead(head: Head): void {
    this.#first.onSentHead?.(head)
    this.#second.onSentHead?.(head)
  }

  onEnd(report: StreamReport, failed: Failure | undefined): void {
    this.#first.onEnd?.(report, failed)
    this.#second.onEnd?.(report, failed)
  }
}

type Told<What> = ((what: What) => void) | undefined

/** Nobody's wish stays nobody's: the exchange then makes nothing of it. */
function told<What>(first: Told<What>, second: Told<What>): Told<What> {
  if (first === undefined || second === undefined) return first ?? second
  return what => {
    first(what)
    second(what)
  }
}
