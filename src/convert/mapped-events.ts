import type { Failure } from '../errors.ts'
import { EventMap, foldEvents, type Message, type StreamEvent, unfoldMessage } from '../model/index.ts'
import type { AnswerOptions } from './answer.ts'

/** The way of an answer's events to whoever writes them: a user's function may change them on it. */
export class MappedEvents {
  readonly #map: EventMap | undefined
  readonly #take: (event: StreamEvent) => void
  readonly #onMapped: () => void
  /** Something has gone on that was no error. */
  hasTold = false

  constructor(
    { mapEvents, onMapped = () => {} }: Pick<AnswerOptions, 'mapEvents' | 'onMapped'>,
    take: (event: StreamEvent) => void,
  ) {
    this.#map = mapEvents && new EventMap(mapEvents)
    this.#onMapped = onMapped
    this.#take = take
  }

  /** Why the function has ended the answer; undefined while it has not. */
  get failure(): Failure | undefined {
    return this.#map?.failure
  }

  readonly push = (event: StreamEvent): void => {
    if (this.#map === undefined) {
      this.#take(event)
      return
    }
    const results = this.#map.push(event)
    if (results.length !== 1 || results[0] !== event) this.#onMapped()
    for (const result of results) {
      this.hasTold ||= result.type !== 'error'
      this.#take(result)
    }
  }
}

/** A whole answer after its events were mapped; the answer itself where nothing has changed. */
export function mappedMessage(message: Message, { mapEvents, onMapped }: AnswerOptions): Message | Failure {
  if (mapEvents === undefined) return message
  const events: StreamEvent[] = []
  let isChanged = false
  const note = () => {
    isChanged = true
    onMapped?.()
  }
  const mapped = new MappedEvents({ mapEvents, onMapped: note }, event => events.push(event))
  unfoldMessage(message, mapped.push)
  return mapped.failure ?? (isChanged ? foldEvents(events) : message)
}
