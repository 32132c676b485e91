import { utf8Length } from '../../bytes.ts'
import { finishOf, mergeUsage, type Usage } from '../../model/index.ts'
import type { DeltaKeys } from '../delta-shape.ts'
import { emptyReading, type FrameKind, type Meter, type WholeMeter } from '../dialect.ts'
import { tierInUsage } from '../service-tier.ts'
import { type EventReader, StreamMeter } from '../stream-meter.ts'
import { defined, hasError, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { decodeMessagesEvent } from './failure.ts'
import { FINISHES, readModels, readUsage, toTotals } from './tables.ts'
import type { Message, MessagesBlock, MessagesDelta, MessagesEvent, MessagesUsage } from './wire.ts'

const KEYS: DeltaKeys = {
  opaque: new Set(['text', 'thinking', 'partial_json', 'signature']),
  padding: new Set(['signature']),
  counters: new Set(),
  isPadded: true,
}

export function createMeter(): Meter {
  return new StreamMeter(new MessagesReader(), KEYS)
}

/** A whole message is read as the stream that says the same. */
export const whole: WholeMeter = {
  members: ['type', 'id', 'model', 'usage', 'stop_reason', 'stop_sequence', 'error'],
  read(message) {
    const reader = new MessagesReader()
    if (objectOf(message.error) !== undefined) reader.read(undefined, { type: 'error', error: message.error })
    else {
      reader.read(undefined, { type: 'message_start', message })
      reader.read(undefined, { type: 'message_delta', delta: message, usage: message.usage })
      reader.read(undefined, { type: 'message_stop' })
    }
    return reader.reading
  },
}

/** Reads the events of one stream. */
export class MessagesReader implements EventReader {
  readonly reading = emptyReading()
  /** The usage in the provider's own arithmetic. */
  #said: Usage = {}

  read(name: string | undefined, data: Wire): FrameKind | 'delta' {
    const event: Unread<MessagesEvent> = data
    switch (textOf(event.type) ?? name) {
      case 'content_block_delta':
        return this.#readDelta(objectOf(event.delta) ?? {})
      case 'content_block_start':
        return this.#readBlock(objectOf(event.content_block) ?? {})
      case 'message_start':
        return this.#readStart(objectOf(event.message) ?? {})
      case 'message_delta':
        return this.#readEnd(objectOf(event.delta) ?? {}, event.usage)
      case 'message_stop':
        this.reading.isTerminal = true
        return 'terminal'
      case 'error':
        return this.#fail(name, data)
      default:
        return hasError(data) ? this.#fail(name, data) : 'quiet'
    }
  }

  readDone(): FrameKind {
    return 'quiet'
  }

  /** The SDK knows an error by the name of its event, and reads over events without one. */
  #fail(name: string | undefined, data: Wire): FrameKind {
    this.reading.failure ??= decodeMessagesEvent(data)
    return name === 'error' ? 'failure' : 'foreign-failure'
  }

  #readStart(message: Unread<Message>): FrameKind {
    this.reading.model = textOf(message.model)
    this.reading.answerId = textOf(message.id)
    this.#readUsage(message.usage)
    return 'quiet'
  }

  #readBlock(block: Unread<MessagesBlock>): FrameKind {
    const type = textOf(block.type) ?? ''
    if (type === 'text' && textOf(block.text) === undefined) return 'quiet'
    if (type === 'thinking' && textOf(block.thinking) === undefined) return 'quiet'
    if (type === 'text' || type === 'tool_use') this.reading.hasToken = true
    if (type === 'tool_use') this.reading.textBytes += utf8Length(textOf(block.name) ?? '')
    if (type === 'thinking' || type === 'redacted_thinking') this.reading.hasReasoning = true
    this.reading.latest = type === 'text' ? 'text' : type.endsWith('thinking') ? 'reasoning' : 'tool-call'
    return 'content'
  }

  #readDelta(delta: Unread<MessagesDelta>): FrameKind | 'delta' {
    switch (delta.type) {
      case 'text_delta':
        if (textOf(delta.text) === undefined) return 'quiet'
        this.reading.hasToken = true
        this.reading.latest = 'text'
        return 'delta'
      case 'thinking_delta':
        if (textOf(delta.thinking) === undefined) return 'quiet'
        this.reading.hasReasoning = true
        this.reading.latest = 'reasoning'
        return 'delta'
      case 'input_json_delta':
        if (textOf(delta.partial_json) === undefined) return 'quiet'
        this.reading.latest = 'tool-call'
        return 'delta'
      default:
        return 'delta'
    }
  }

  #readEnd(delta: Unread<MessagesDelta>, usage: unknown): FrameKind {
    const { reading } = this
    const hasUsage = this.#readUsage(usage)
    const raw = textOf(delta.stop_reason)
    if (raw !== undefined) {
      reading.finish = defined({ ...finishOf(FINISHES, raw), stopSequence: textOf(delta.stop_sequence) })
      reading.isFinished = true
    }
    if (hasUsage && reading.isFinished) reading.isUsageFinal = true
    return raw === undefined ? 'quiet' : 'content'
  }

  #readUsage(value: unknown): boolean {
    const usage = objectOf<MessagesUsage>(value)
    if (usage === undefined) return false
    this.#said = mergeUsage(this.#said, {
      ...readUsage(usage),
      byModel: readModels(usage.iterations, this.reading.model),
    })
    this.reading.serviceTier = tierInUsage(usage as Wire) ?? textOf(usage.service_tier) ?? this.reading.serviceTier
    this.reading.usage = toTotals(this.#said)
    return true
  }
}
