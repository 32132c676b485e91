import { type Failure, failure } from '../../errors.ts'
import { parseExact } from '../../json/index.ts'
import { EventWriter, type Finish, finishOf, type Seal, type StreamEvent } from '../../model/index.ts'
import type { SseEvent } from '../../sse/index.ts'
import type { DecodeAnswerContext, Emit, StreamDecoder } from '../codec.ts'
import { countOf, hasError, itemsOf, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { AnswerDesk, pocket } from './answer-desk.ts'
import { openCarrier } from './carrier.ts'
import { createReader } from './create-reader.ts'
import { decodeResponsesEvent } from './failure.ts'
import type { ItemReader } from './item-reader.ts'
import { decodeUsage, FINISHES, ITEM_OF_EVENT, PLAIN_ENVELOPE } from './tables.ts'
import type { ResponsesEvent, ResponsesItem, ResponsesResponse } from './wire.ts'

export function createStreamDecoder(context: DecodeAnswerContext, emit: Emit<StreamEvent>): StreamDecoder {
  return new ResponsesDecoder(context, emit)
}

/**
 * Reads the events of one answer. What the `done` events and the final response repeat is read only where
 * it says more than what came before.
 */
export class ResponsesDecoder implements StreamDecoder {
  readonly #writer: EventWriter
  readonly #desk: AnswerDesk
  /** By their place in the output. */
  readonly #readers = new Map<number, ItemReader>()
  /** What an `error` event said: the usage may stand in the `response.failed` behind it. */
  #failure: Failure | undefined
  #hasCompleted = false
  #hasStarted = false

  constructor({ issuer }: DecodeAnswerContext, emit: Emit<StreamEvent>) {
    this.#writer = new EventWriter(emit)
    this.#desk = new AnswerDesk(this.#writer, issuer, item => this.#precede(item))
  }

  get isFinished(): boolean {
    return this.#hasCompleted
  }

  get isTerminal(): boolean {
    return this.#writer.hasEnded || this.#failure !== undefined
  }

  push({ event: name, data }: SseEvent): void {
    if (this.#writer.hasEnded) return
    const value = parseEvent(name, data)
    if (value === undefined) this.#readJunk(name, data)
    else this.read(name, value)
  }

  settle(): void {
    this.#desk.settle()
  }

  end(): void {
    this.fail(failure('truncated', 'Upstream ended the stream without its terminal event'))
  }

  fail(failure: Failure): void {
    this.#desk.settle()
    this.#writer.fail(this.#failure ?? failure)
  }

  /** @param name the event's own; most repeat it as their `type` */
  read(name: string | undefined, event: Unread<ResponsesEvent>): void {
    const type = typeof event.type === 'string' ? event.type : (name ?? '')
    if (this.#failure !== undefined) {
      this.#break(event)
      return
    }
    if (this.#desk.isLingering && !this.#takeCarrier(type, event)) this.#desk.settle()
    if (type === 'response.output_text.delta') {
      this.#readerOf(type, event)?.read(type, event)
      return
    }
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        this.#start(objectOf<ResponsesResponse>(event.response) ?? {})
        break
      case 'response.output_item.added':
        this.#addItem(event)
        break
      case 'response.output_item.done':
        this.#finishItem(event)
        break
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
        this.#complete(type, event)
        break
      case 'response.failed':
        this.#break(event)
        break
      case 'error':
        this.#failure = decodeResponsesEvent(event)
        break
      case 'keepalive':
      case 'ping':
        if (this.#writer.hasStarted) this.#writer.ping()
        break
      default:
        this.#readOther(type, event)
    }
  }

  #readOther(type: string, event: Unread<ResponsesEvent>): void {
    if (type === '' && hasError(event as Wire)) {
      this.#break(event)
      return
    }
    const reader = this.#readerOf(type, event)
    if (reader === undefined) this.#desk.native(type === '' ? undefined : type, event)
    else reader.read(type, event)
  }

  /** What is not an object of JSON: passed on, never fatal. `[DONE]` means nothing here. */
  #readJunk(name: string | undefined, data: string): void {
    if (data.trim() !== '[DONE]') this.#desk.native(name, { data } as Unread<ResponsesEvent>)
  }

  #start(response: Unread<ResponsesResponse>): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#writer.start({
      id: textOf(response.id),
      model: textOf(response.model),
      createdAt: countOf(response.created_at),
      native: pocket(envelopeOf(response)),
    })
    this.#desk.begin()
  }

  #addItem(event: Unread<ResponsesEvent>): void {
    const item = objectOf<ResponsesItem>(event.item)
    if (item === undefined) return
    const place = this.#placeOf(event)
    const known = this.#readers.get(place)
    if (known !== undefined && !known.isDone && known.type === textOf(item.type)) return
    this.#readers.set(
      known === undefined ? place : this.#nextPlace(place, known),
      createReader(this.#desk, item, place),
    )
  }

  /** Some servers give every item the same place: what was read there moves away. */
  #nextPlace(place: number, known: ItemReader): number {
    if (!known.isDone) known.finish({ type: known.type })
    this.#readers.set(-1 - this.#readers.size, known)
    return place
  }

  #finishItem(event: Unread<ResponsesEvent>): void {
    const item = objectOf<ResponsesItem>(event.item)
    if (item === undefined) return
    const place = this.#placeOf(event)
    let reader = this.#readers.get(place)
    if (reader === undefined || reader.isDone) {
      if (reader !== undefined && reader.type === textOf(item.type) && reader.id === textOf(item.id)) return
      this.#addItem(event)
      reader = this.#readers.get(place)
    }
    if (reader !== undefined && !reader.isDone) reader.finish(item)
  }

  /** The reader that an event of an item belongs to; one is made when the item was never announced. */
  #readerOf(type: string, event: Unread<ResponsesEvent>): ItemReader | undefined {
    const reader = typeof event.output_index === 'number' ? this.#readers.get(event.output_index) : undefined
    if (reader !== undefined && !reader.isDone) return reader
    const byId = reader === undefined ? this.#openReader(textOf(event.item_id)) : undefined
    if (byId !== undefined) return byId
    const itemType = reader === undefined ? ITEM_OF_EVENT[type] : undefined
    if (itemType === undefined) return undefined
    this.#addItem({ ...event, item: { type: itemType, id: event.item_id } })
    return this.#readers.get(this.#placeOf(event))
  }

  #openReader(id: string | undefined): ItemReader | undefined {
    if (id === undefined) return undefined
    for (const reader of this.#readers.values()) if (reader.id === id && !reader.isDone) return reader
    return undefined
  }

  /** Items that were announced before this one open what they will open in any case. */
  #precede(item: string | undefined): void {
    for (const reader of this.#readers.values()) {
      if (reader.id === item) return
      if (!reader.isDone) reader.precede?.()
    }
  }

  #placeOf(event: Unread<ResponsesEvent>): number {
    return countOf(event.output_index) ?? 0
  }

  /** A reasoning item may hold nothing but the seals of the item before it. */
  #takeCarrier(type: string, event: Unread<ResponsesEvent>): boolean {
    if (type !== 'response.output_item.added') return false
    const item = objectOf<ResponsesItem>(event.item)
    const token = item?.type === 'reasoning' ? textOf(item.encrypted_content) : undefined
    const carried = token === undefined ? undefined : openCarrier(token, undefined, this.#desk.issuer)
    if (carried?.kind !== 'seals-of') return false
    this.#desk.sealLingering(carried.target, carried.seals)
    return true
  }

  #complete(type: string, event: Unread<ResponsesEvent>): void {
    const response = objectOf<ResponsesResponse>(event.response) ?? {}
    if (response.status === 'failed' || hasError(response as Wire)) {
      this.#break(event)
      return
    }
    this.#start(response)
    this.#readOutput(response)
    for (const reader of this.#readers.values()) if (!reader.isDone) reader.finish({ type: reader.type })
    this.#readUsage(response)
    this.#desk.settle()
    this.#writer.finish(0, this.#finishOf(response, type))
    this.#hasCompleted = true
    const outside = restOf(event as Wire, EVENT_MEMBERS)
    this.#writer.end({
      // At the start it is but a wish.
      serviceTier: textOf(response.service_tier),
      native: pocket({ ...envelopeOf(response), ...(outside && { event: outside }) }),
    })
  }

  #break(event: Unread<ResponsesEvent>): void {
    const response = objectOf<ResponsesResponse>(event.response) ?? {}
    if (itemsOf(response.output).length > 0) {
      this.#start(response)
      this.#readOutput(response)
    }
    this.#readUsage(response)
    this.fail(decodeResponsesEvent(event))
  }

  #readUsage({ usage }: Unread<ResponsesResponse>): void {
    const said = objectOf(usage)
    if (said !== undefined) this.#writer.usage(decodeUsage(said))
  }

  /** The final response repeats every item; those that no event has brought are read here. */
  #readOutput({ output }: Unread<ResponsesResponse>): void {
    const items = itemsOf(output)
      .map(item => objectOf<ResponsesItem>(item))
      .filter(item => item !== undefined)
    const carried = carriedSeals(items)
    const streamed = new Set(this.#readers.values())
    const isPartial = items.length > streamed.size
    for (const [place, item] of items.entries()) {
      const reader = this.#knownReader(place, item)
      if (reader !== undefined && !reader.isDone) reader.finish(item)
      else if (reader === undefined && isPartial) createReader(this.#desk, item, place).finish(item)
      this.#desk.sealLingering(undefined, carried.get(place) ?? [])
      this.#desk.settle()
    }
  }

  #knownReader(place: number, item: Unread<ResponsesItem>): ItemReader | undefined {
    const id = textOf(item.id)
    if (id !== undefined) for (const reader of this.#readers.values()) if (reader.id === id) return reader
    return this.#readers.get(place)
  }

  #finishOf(response: Unread<ResponsesResponse>, type: string): Finish {
    const status = textOf(response.status) ?? type.slice('response.'.length)
    const details = objectOf<{ readonly reason: unknown }>(response.incomplete_details)
    const finish = finishOf(FINISHES, textOf(details?.reason) ?? status)
    if (finish.reason === 'other') return { ...finish, native: { dialect: 'responses', members: { status } } }
    return finish.reason === 'stop' && this.#desk.isPaused ? { ...finish, reason: 'paused' } : finish
  }
}

/** Members of a response that have a home of their own, and those that only say what the event says. */
const RESPONSE_MEMBERS: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created_at',
  'model',
  'status',
  'incomplete_details',
  'error',
  'output',
  'service_tier',
  'usage',
])
/** What else the envelope says; one that an encoder of ours made up says nothing. */
function envelopeOf(response: Unread<ResponsesResponse>): Wire | undefined {
  const rest = restOf(response as Wire, RESPONSE_MEMBERS)
  return rest !== undefined && JSON.stringify(rest) === PLAIN_ENVELOPE ? undefined : rest
}

const EVENT_MEMBERS: ReadonlySet<string> = new Set(['type', 'sequence_number', 'response'])

/** Deltas hold no numbers worth keeping, and are most of what comes. */
function parseEvent(name: string | undefined, data: string): Unread<ResponsesEvent> | undefined {
  try {
    return objectOf<ResponsesEvent>(name?.endsWith('.delta') ? JSON.parse(data) : parseExact(data))
  } catch {
    // What upstreams call JSON often is not: surfaced as a native event, never fatal.
    return undefined
  }
}

/** The seals that ride behind an item, by its place; a client that keeps no ids leaves the order. */
function carriedSeals(items: readonly Unread<ResponsesItem>[]): ReadonlyMap<number, readonly Seal[]> {
  const seals = new Map<number, readonly Seal[]>()
  for (const [place, item] of items.entries()) {
    const token = item.type === 'reasoning' ? textOf(item.encrypted_content) : undefined
    const carried = token === undefined ? undefined : openCarrier(token, undefined, '')
    if (carried?.kind !== 'seals-of') continue
    const target = items.findIndex(({ id }) => id !== undefined && id === carried.target)
    seals.set(target === -1 ? place - 1 : target, carried.seals)
  }
  return seals
}
