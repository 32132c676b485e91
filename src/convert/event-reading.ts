import { utf8Length } from '../bytes.ts'
import { emptyReading, type Reading, tierInUsage } from '../dialects/index.ts'
import { mergeUsage, type StreamEvent } from '../model/index.ts'
import type { AnswerOptions } from './answer.ts'
import type { SealRecording } from './seal-recording.ts'

/** Keeps the reading of an answer by its neutral events, and has its seals remembered where that is wished. */
export class EventReading {
  readonly reading: Reading = emptyReading()
  /** By block index. */
  readonly #isReasoning: boolean[] = []
  readonly #seals: SealRecording | undefined
  /** A tier that the usage tells of. */
  #pricedAs: string | undefined

  constructor({ seals, request, upstream, issuer = '' }: AnswerOptions) {
    this.#seals = request && seals?.record(request, { dialect: upstream.name, issuer })
  }

  /** Whether it matters what the client gets. */
  get remembers(): boolean {
    return this.#seals !== undefined
  }

  /** What the client gets, and may send back without its seals. */
  noteSent(event: StreamEvent): void {
    this.#seals?.note(event)
  }

  /** What the upstream says. */
  note(event: StreamEvent): void {
    const { reading } = this
    switch (event.type) {
      case 'text-delta':
        reading.progress++
        reading.textBytes += utf8Length(event.text)
        if (this.#isReasoning[event.index] === true) reading.hasReasoning = true
        else reading.hasToken = true
        reading.latest = this.#isReasoning[event.index] === true ? 'reasoning' : 'text'
        break
      case 'message-start':
        reading.answerId = event.id
        reading.model = event.model
        reading.serviceTier = event.serviceTier
        break
      case 'block-start':
        this.#isReasoning[event.index] = event.kind === 'reasoning'
        // An empty text says nothing yet; a call has its name.
        if (event.kind === 'text' || event.kind === 'refusal' || event.kind === 'reasoning') break
        reading.progress++
        if (event.kind === 'tool-call') reading.hasToken = true
        reading.latest = event.kind === 'media' ? 'text' : 'tool-call'
        break
      case 'payload-delta':
        reading.progress++
        reading.textBytes += utf8Length(event.text)
        break
      case 'data-delta':
      case 'annotation':
        reading.progress++
        break
      case 'seal':
        reading.progress++
        if (this.#isReasoning[event.index] === true) reading.hasReasoning = true
        break
      case 'usage':
        reading.usage = mergeUsage(reading.usage, event.usage)
        reading.uncountedFrom = reading.textBytes
        this.#pricedAs = tierInUsage(event.usage.native?.members ?? {}) ?? this.#pricedAs
        reading.serviceTier = this.#pricedAs ?? reading.serviceTier
        break
      case 'choice-end':
        reading.finish ??= event.finish
        break
      case 'message-end':
        reading.serviceTier = this.#pricedAs ?? event.serviceTier ?? reading.serviceTier
        reading.isUsageFinal = Object.keys(reading.usage).length > 0
        break
      case 'error':
        reading.failure ??= event.failure
        reading.isFinished = reading.isTerminal = false
        break
      case 'part-break':
      case 'block-end':
      case 'ping':
      case 'native':
        break
      default:
        event satisfies never
    }
  }
}
