import { emptyReading, type Reading } from '../dialects/index.ts'
import { mergeUsage, type StreamEvent } from '../model/index.ts'

/** Keeps the reading of an answer by its neutral events. */
export class EventReading {
  readonly reading: Reading = emptyReading()
  /** By block index. */
  readonly #isReasoning: boolean[] = []

  note(event: StreamEvent): void {
    const { reading } = this
    switch (event.type) {
      case 'text-delta':
        reading.progress++
        if (this.#isReasoning[event.index] === true) reading.hasReasoning = true
        else reading.hasToken = true
        break
      case 'message-start':
        reading.answerId = event.id
        reading.model = event.model
        break
      case 'block-start':
        this.#isReasoning[event.index] = event.kind === 'reasoning'
        // An empty text says nothing yet; a call has its name.
        if (event.kind === 'text' || event.kind === 'refusal' || event.kind === 'reasoning') break
        reading.progress++
        if (event.kind === 'tool-call') reading.hasToken = true
        break
      case 'payload-delta':
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
        break
      case 'choice-end':
        reading.finish ??= event.finish
        break
      case 'message-end':
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
