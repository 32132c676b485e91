import { utf8Length } from '../../bytes.ts'
import { type Finish, finishOf, mergeUsage } from '../../model/index.ts'
import type { DeltaKeys } from '../delta-shape.ts'
import { emptyReading, type FrameKind, type Meter, type WholeMeter } from '../dialect.ts'
import { costInUsage } from '../service-tier.ts'
import { type EventReader, readEvent, StreamMeter } from '../stream-meter.ts'
import { countOf, hasError, itemsOf, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { decodeResponsesEvent } from './failure.ts'
import { CLIENT_CALLS, DELTAS, FINISHES, HANDSHAKE, readUsage } from './tables.ts'
import { toolOf, toolUsage } from './tool-runs.ts'
import type { ResponsesEvent, ResponsesItem, ResponsesPart, ResponsesResponse, ResponsesUsage } from './wire.ts'

const KEYS: DeltaKeys = {
  opaque: new Set(['delta', 'obfuscation']),
  padding: new Set(['obfuscation']),
  counters: new Set(['sequence_number']),
  isPadded: false,
}

export function createMeter(): Meter {
  return new StreamMeter(new ResponsesReader(), KEYS)
}

/** A whole response is read as the event that would bring it. */
export const whole: WholeMeter = {
  members: ['id', 'model', 'service_tier', 'tool_usage', 'status', 'incomplete_details', 'error', 'output', 'usage'],
  read(response) {
    const reader = new ResponsesReader()
    const type = typeof response.status === 'string' ? `response.${response.status}` : 'error'
    readEvent(reader, undefined, { type, response, error: response.error })
    return reader.reading
  },
}

/** Reads the events of one stream. */
export class ResponsesReader implements EventReader {
  readonly reading = emptyReading()
  #hasClientCall = false
  /** Places of items of tools that the provider ran. */
  readonly #runs = new Set<number>()

  read(name: string | undefined, data: Wire): FrameKind | 'delta' {
    const event: Unread<ResponsesEvent> = data
    const type = textOf(event.type) ?? name ?? ''
    const response = objectOf<ResponsesResponse>(event.response)
    if (response !== undefined) this.#readResponse(response)
    if (type.endsWith('.delta')) return this.#readDelta(type, event)
    switch (type) {
      case 'error':
      case 'response.failed':
        this.reading.failure ??= decodeResponsesEvent(data)
        // After the end it says nothing of a usage that has been told.
        this.reading.isUsageFinal ||= objectOf(response?.usage) !== undefined
        return 'failure'
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
        return this.#end(response ?? {})
      case 'response.output_item.added':
        this.reading.textBytes += utf8Length(textOf(objectOf<ResponsesItem>(event.item)?.name) ?? '')
        return this.#beginItem(event.item) ? 'content' : 'quiet'
      case '':
        if (!hasError(data)) return 'quiet'
        this.reading.failure ??= decodeResponsesEvent(data)
        return 'foreign-failure'
      default:
        return this.#readOther(type, event)
    }
  }

  readDone(): FrameKind {
    return 'quiet'
  }

  #readDelta(type: string, event: Unread<ResponsesEvent>): FrameKind | 'delta' {
    if (event.delta === '' || event.delta === undefined) return 'quiet'
    const kind = Object.hasOwn(DELTAS, type) ? DELTAS[type as keyof typeof DELTAS] : undefined
    if (kind === 'token' || kind === 'call') this.reading.hasToken = true
    if (kind === 'reasoning') this.reading.hasReasoning = true
    this.reading.latest = kind === 'token' ? 'text' : kind === 'reasoning' ? 'reasoning' : 'tool-call'
    return 'delta'
  }

  /** Some providers bring their text in `done` events only. Whatever else comes is a tool of the provider at work. */
  #readOther(type: string, event: Unread<ResponsesEvent>): FrameKind {
    if (HANDSHAKE.has(type) || !type.startsWith('response.')) return 'quiet'
    if (type === 'response.output_item.done') {
      this.#readItem(event.item)
      this.#noteRun(countOf(event.output_index) ?? -1, event.item)
    }
    if (type === 'response.output_text.done' && textOf(event.text) !== undefined) this.reading.hasToken = true
    if (type === 'response.refusal.done' && textOf(event.refusal) !== undefined) this.reading.hasToken = true
    return 'content'
  }

  #readResponse(response: Unread<ResponsesResponse>): void {
    const { reading } = this
    reading.model = textOf(response.model) ?? reading.model
    reading.answerId = textOf(response.id) ?? reading.answerId
    // At the start it is the client's wish, `auto` among them; the end says what served.
    reading.serviceTier = textOf(response.service_tier) ?? reading.serviceTier
    for (const [place, item] of itemsOf(response.output).entries()) {
      this.#readItem(item)
      this.#noteRun(place, item)
    }
    const said = toolUsage(response.tool_usage)
    if (said !== undefined) reading.toolRuns = { ...reading.toolRuns, ...said }
    const usage = objectOf<ResponsesUsage>(response.usage)
    if (usage !== undefined) {
      const said = { ...readUsage(usage), reportedCostUsd: costInUsage(usage as Wire) }
      reading.usage = mergeUsage(reading.usage, said)
    }
  }

  #end(response: Unread<ResponsesResponse>): FrameKind {
    const { reading } = this
    reading.finish = this.#finishOf(response)
    reading.isFinished = true
    reading.isTerminal = true
    reading.isUsageFinal = objectOf(response.usage) !== undefined
    return 'terminal'
  }

  #finishOf(response: Unread<ResponsesResponse>): Finish {
    const details = objectOf<ResponsesResponse['incomplete_details'] & object>(response.incomplete_details)
    const raw = textOf(details?.reason) ?? textOf(response.status)
    if (raw === undefined) return { reason: 'other', raw }
    const finish = finishOf(FINISHES, raw)
    return finish.reason === 'stop' && this.#hasClientCall ? { ...finish, reason: 'tool-calls' } : finish
  }

  /** An item comes again with the whole answer, at the same place. */
  #noteRun(place: number, value: unknown): void {
    const tool = toolOf(objectOf(value) ?? {})
    if (tool === undefined || this.#runs.has(place)) return
    this.#runs.add(place)
    this.reading.toolRuns = { ...this.reading.toolRuns, [tool]: (this.reading.toolRuns?.[tool] ?? 0) + 1 }
  }

  #beginItem(item: unknown): boolean {
    const type = textOf(objectOf<ResponsesItem>(item)?.type)
    if (type !== 'message' && type !== 'reasoning') this.reading.latest = 'tool-call'
    return this.#readItem(item)
  }

  /** Whether an item brings something that a client sees. */
  #readItem(value: unknown): boolean {
    const item = objectOf<ResponsesItem>(value)
    const type = textOf(item?.type) ?? ''
    const isCall = CLIENT_CALLS.has(type)
    const hasText = itemsOf(item?.content).some(hasWords) || itemsOf(item?.summary).some(hasWords)
    if (isCall) this.#hasClientCall = true
    if (isCall || (type === 'message' && hasText)) this.reading.hasToken = true
    if (type === 'reasoning' && hasText) this.reading.hasReasoning = true
    return hasText || (type !== 'message' && type !== 'reasoning')
  }
}

function hasWords(value: unknown): boolean {
  const part = objectOf<ResponsesPart>(value)
  return textOf(part?.text) !== undefined || textOf(part?.refusal) !== undefined
}
