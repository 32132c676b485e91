import { utf8Length } from '../../bytes.ts'
import { type Finish, finishOf } from '../../model/index.ts'
import { emptyReading, type FrameKind, type Meter, type WholeMeter } from '../dialect.ts'
import { tierInUsage } from '../service-tier.ts'
import { type EventReader, readEvent, StreamMeter } from '../stream-meter.ts'
import { countOf, itemsOf, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { decodeGeminiEvent, isOwnError } from './failure.ts'
import { FINISHES, type GeminiCounts, readCounts, toTotals } from './tables.ts'
import { searchesOf } from './tool-runs.ts'
import type { GeminiCandidate, GeminiChunk, GeminiPart, GeminiUsage } from './wire.ts'

/** Chunks are few and large and each has its own counts: all are parsed. */
export function createMeter(): Meter {
  return new StreamMeter(new GeminiReader())
}

export const whole: WholeMeter = {
  members: ['candidates', 'promptFeedback', 'usageMetadata', 'modelVersion', 'responseId', 'error'],
  read(values) {
    const reader = new GeminiReader()
    readEvent(reader, undefined, values)
    return reader.reading
  },
}

/** Reads the chunks of one stream. */
export class GeminiReader implements EventReader {
  readonly reading = emptyReading()
  readonly #opened = new Set<number>()
  #first = Number.POSITIVE_INFINITY
  /** The last word of each candidate: a `RECITATION` may take a `STOP` back. */
  readonly #finishes = new Map<number, string>()
  /** The candidates that called a function. */
  readonly #calling = new Set<number>()
  #counts: GeminiCounts = {}

  read(_name: string | undefined, data: Wire): FrameKind {
    const { reading } = this
    const chunk: Unread<GeminiChunk> = data
    reading.model = textOf(chunk.modelVersion) ?? reading.model
    reading.answerId = textOf(chunk.responseId) ?? reading.answerId
    let isContent = this.#readBlock(chunk)
    for (const [position, item] of itemsOf(chunk.candidates).entries())
      isContent = this.#readCandidate(position, objectOf(item) ?? {}) || isContent
    const hasUsage = this.#readUsage(chunk.usageMetadata)
    const failure = decodeGeminiEvent(chunk)
    if (hasUsage && (reading.isFinished || failure !== undefined)) reading.isUsageFinal = true
    if (failure === undefined) return isContent ? 'content' : 'quiet'
    reading.failure ??= failure
    return isOwnError(chunk.error) ? 'failure' : 'foreign-failure'
  }

  readDone(): FrameKind {
    return 'quiet'
  }

  /** A prompt that is blocked has no candidates: the reason is the finish. */
  #readBlock(chunk: Unread<GeminiChunk>): boolean {
    const raw = textOf(objectOf<GeminiChunk['promptFeedback']>(chunk.promptFeedback)?.blockReason)
    if (raw === undefined) return false
    this.reading.finish = { reason: 'filtered', raw }
    this.reading.isFinished = true
    return true
  }

  #readCandidate(position: number, candidate: Unread<GeminiCandidate>): boolean {
    const { reading } = this
    const index = countOf(candidate.index) ?? position
    this.#opened.add(index)
    this.#first = Math.min(this.#first, index)
    let isContent = false
    for (const part of itemsOf(objectOf<GeminiCandidate['content']>(candidate.content)?.parts))
      isContent = this.#readPart(index, objectOf(part) ?? {}) || isContent
    const searches = searchesOf(candidate.groundingMetadata)
    if (searches !== undefined) reading.toolRuns = searches
    const raw = textOf(candidate.finishReason)
    if (raw !== undefined) this.#finishes.set(index, raw)
    reading.isFinished = this.#finishes.size === this.#opened.size
    const first = this.#finishes.get(this.#first)
    if (first !== undefined) reading.finish = this.#finishOf(this.#first, first)
    return isContent || raw !== undefined
  }

  #readPart(index: number, part: Unread<GeminiPart>): boolean {
    const { reading } = this
    const hasText = textOf(part.text) !== undefined
    const call = objectOf<GeminiPart['functionCall'] & object>(part.functionCall)
    const isCall = call !== undefined
    reading.textBytes += isCall
      ? utf8Length(`${textOf(call.name) ?? ''}${JSON.stringify(call.args ?? {})}`)
      : utf8Length(textOf(part.text) ?? '')
    if (isCall) this.#calling.add(index)
    if (isCall || (hasText && part.thought !== true) || objectOf(part.inlineData) !== undefined) reading.hasToken = true
    if (hasText && part.thought === true) reading.hasReasoning = true
    reading.latest = hasText ? (part.thought === true ? 'reasoning' : 'text') : isCall ? 'tool-call' : reading.latest
    // Parts of tools that Google runs, and of kinds unknown, are part of the answer too; an empty text is not.
    return hasText || part.text === undefined
  }

  #finishOf(index: number, raw: string): Finish {
    const finish = finishOf(FINISHES, raw)
    return finish.reason === 'stop' && this.#calling.has(index) ? { ...finish, reason: 'tool-calls' } : finish
  }

  #readUsage(value: unknown): boolean {
    const usage = objectOf<GeminiUsage>(value) ?? {}
    this.reading.serviceTier = tierInUsage(usage as Wire) ?? textOf(usage.serviceTier) ?? this.reading.serviceTier
    const said = readCounts(usage)
    if (Object.keys(said).length === 0) return false
    this.#counts = { ...this.#counts, ...said }
    this.reading.usage = toTotals(this.#counts)
    return true
  }
}
