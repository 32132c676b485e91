import { utf8Length } from '../../bytes.ts'
import { type Finish, finishOf, mergeUsage } from '../../model/index.ts'
import type { DeltaKeys } from '../delta-shape.ts'
import { emptyReading, type FrameKind, type Meter, type WholeMeter } from '../dialect.ts'
import { costInUsage, isReasoningBeside } from '../service-tier.ts'
import { type EventReader, readEvent, StreamMeter } from '../stream-meter.ts'
import { countOf, itemsOf, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { decodeChatEvent, isOwnError } from './failure.ts'
import { FINISHES, readUsage } from './tables.ts'
import type { ChatChoice, ChatChunk, ChatDelta, ChatFunctionCall, ChatPart, ChatToolCall, ChatUsage } from './wire.ts'

const KEYS: DeltaKeys = {
  opaque: new Set([
    'content',
    'refusal',
    'reasoning',
    'reasoning_content',
    'reasoning_text',
    'text',
    'arguments',
    'obfuscation',
    // Mistral's padding.
    'p',
  ]),
  padding: new Set(['obfuscation', 'p']),
  counters: new Set(),
  isPadded: false,
}

/** What a chunk may hold beside its usage and still be left out for a client that did not ask for usage. */
const ENVELOPE: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'provider',
  'service_tier',
  'system_fingerprint',
  'choices',
  'usage',
  'obfuscation',
  'x_groq',
])

export function createMeter(): Meter {
  return new StreamMeter(new ChatReader(), KEYS)
}

export const whole: WholeMeter = {
  members: ['id', 'model', 'service_tier', 'choices', 'usage', 'x_groq', 'error'],
  read(values) {
    const reader = new ChatReader()
    readEvent(reader, undefined, values)
    if (reader.reading.failure === undefined) reader.readDone()
    return reader.reading
  },
}

/** Reads the chunks of one stream. */
export class ChatReader implements EventReader {
  readonly reading = emptyReading()
  readonly #opened = new Set<number>()
  #first = Number.POSITIVE_INFINITY
  readonly #finished = new Set<number>()
  /** The candidates that called a tool. */
  readonly #calling = new Set<number>()
  #hasUsage = false

  read(name: string | undefined, data: Wire): FrameKind | 'delta' {
    const { reading } = this
    const chunk: Unread<ChatChunk> = data
    reading.model = textOf(chunk.model) ?? reading.model
    reading.answerId = textOf(chunk.id) ?? reading.answerId
    reading.serviceTier = textOf(chunk.service_tier) ?? reading.serviceTier
    let isContent = false
    let hasFinish = false
    for (const [position, item] of itemsOf(chunk.choices).entries()) {
      const choice = objectOf<ChatChoice>(item)
      if (choice === undefined) continue
      const index = countOf(choice.index) ?? position
      this.#open(index)
      isContent = this.#readDelta(index, objectOf(choice.delta) ?? objectOf(choice.message) ?? {}) || isContent
      hasFinish = this.#readFinish(index, choice) || hasFinish
    }
    reading.isFinished = this.#opened.size > 0 && this.#finished.size === this.#opened.size
    const hasUsage = this.#readUsages(chunk)
    const failure = decodeChatEvent(name, chunk)
    if (failure !== undefined) {
      reading.failure ??= failure
      reading.isUsageFinal ||= hasUsage
      return isOwnError(name, chunk) ? 'failure' : 'foreign-failure'
    }
    if (hasUsage && reading.isFinished) reading.isUsageFinal = true
    if (hasUsage && isNothingElse(chunk)) return 'usage'
    if (hasFinish || (isContent && hasUsage)) return 'content'
    return isContent ? 'delta' : 'quiet'
  }

  readDone(): FrameKind {
    const { reading } = this
    reading.isTerminal = reading.failure === undefined || reading.isFinished
    // Whatever came before is the last word, a running total too.
    if (reading.isTerminal) reading.isUsageFinal = this.#hasUsage
    return 'terminal'
  }

  #open(index: number): void {
    this.#opened.add(index)
    this.#first = Math.min(this.#first, index)
  }

  #readDelta(index: number, delta: Unread<ChatDelta>): boolean {
    const { reading } = this
    const isCall = itemsOf(delta.tool_calls).length > 0 || objectOf(delta.function_call) !== undefined
    const parts = itemsOf(delta.content).map(part => objectOf<ChatPart>(part)?.type === 'thinking')
    const isToken =
      isCall ||
      textOf(delta.content) !== undefined ||
      parts.includes(false) ||
      textOf(delta.refusal) !== undefined ||
      objectOf(delta.audio) !== undefined ||
      itemsOf(delta.images).length > 0
    const isReasoning =
      parts.includes(true) ||
      textOf(delta.reasoning_content) !== undefined ||
      textOf(delta.reasoning) !== undefined ||
      textOf(delta.reasoning_text) !== undefined ||
      itemsOf(delta.reasoning_details).length > 0
    if (isCall) this.#readCalls(index, delta)
    reading.hasToken ||= isToken
    reading.hasReasoning ||= isReasoning
    if (isToken || isReasoning) reading.latest = isCall ? 'tool-call' : isToken ? 'text' : 'reasoning'
    return isToken || isReasoning
  }

  #readCalls(index: number, delta: Unread<ChatDelta>): void {
    this.#calling.add(index)
    const calls = itemsOf(delta.tool_calls).map(call => objectOf<ChatToolCall>(call)?.function)
    for (const call of [...calls, delta.function_call])
      this.reading.textBytes += utf8Length(textOf(objectOf<ChatFunctionCall>(call)?.name) ?? '')
  }

  #readFinish(index: number, choice: Unread<ChatChoice>): boolean {
    const raw = textOf(choice.finish_reason)
    if (raw === undefined || raw === 'error') return false
    this.#finished.add(index)
    if (index === this.#first) this.reading.finish = this.#finishOf(index, raw)
    return true
  }

  /** Some upstreams say that a turn which ends in tool calls has plainly stopped. */
  #finishOf(index: number, raw: string): Finish {
    const finish = finishOf(FINISHES, raw)
    return finish.reason === 'stop' && this.#calling.has(index) ? { ...finish, reason: 'tool-calls' } : finish
  }

  #readUsages(chunk: Unread<ChatChunk>): boolean {
    const places = [
      ...itemsOf(chunk.choices).map(choice => objectOf<ChatChoice>(choice)?.usage),
      objectOf<ChatChunk['x_groq']>(chunk.x_groq)?.usage,
      chunk.usage,
    ]
    const usages = places.map(place => objectOf<ChatUsage>(place)).filter(usage => usage !== undefined)
    for (const usage of usages) {
      const said = readUsage(usage)
      const reportedCostUsd = said.reportedCostUsd ?? costInUsage(usage as Wire)
      this.reading.usage = mergeUsage(this.reading.usage, { ...said, reportedCostUsd })
      this.reading.isReasoningBeside = isReasoningBeside(this.reading.usage, usage.total_tokens)
    }
    this.#hasUsage ||= usages.length > 0
    return usages.length > 0
  }
}

function isNothingElse(chunk: Unread<ChatChunk>): boolean {
  if (!Array.isArray(chunk.choices) || chunk.choices.length > 0) return false
  return Object.entries(chunk).every(([member, value]) => value === null || ENVELOPE.has(member))
}
