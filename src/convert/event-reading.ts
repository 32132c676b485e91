import { utf8Length } from '../bytes.ts'
import {
  costInUsage,
  type DialectToolRuns,
  emptyReading,
  isReasoningBeside,
  type Reading,
  tierInUsage,
  type Wire,
} from '../dialects/index.ts'
import { mergeUsage, type Native, type StreamEvent, type Usage } from '../model/index.ts'
import type { AnswerOptions } from './answer.ts'
import type { SealRecording } from './seal-recording.ts'

/** Characters of a call's input that are looked at, to tell what it did. */
const MAX_INPUT = 64 * 1024

/** Keeps the reading of an answer by its neutral events, and has its seals remembered where that is wished. */
export class EventReading {
  readonly reading: Reading = emptyReading()
  /** By block index. */
  readonly #isReasoning: boolean[] = []
  readonly #seals: SealRecording | undefined
  readonly #toolRuns: DialectToolRuns | undefined
  /** Open calls of the provider's tools, by block index: what their pockets say, and their inputs. */
  readonly #running = new Map<number, { readonly members: Wire; input: string }>()
  /** A tier that the usage tells of. */
  #pricedAs: string | undefined

  constructor({ seals, request, upstream, issuer = '' }: AnswerOptions) {
    this.#toolRuns = upstream.toolRuns
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
        if (event.kind === 'tool-call') {
          reading.hasToken = true
          reading.textBytes += utf8Length(event.name)
        }
        if (event.kind === 'tool-call' && event.runBy === 'provider' && this.#toolRuns?.ofCall !== undefined)
          this.#running.set(event.index, { members: event.native?.members ?? {}, input: '' })
        reading.latest = event.kind === 'media' ? 'text' : 'tool-call'
        break
      case 'payload-delta':
        reading.progress++
        reading.textBytes += utf8Length(event.text)
        if (this.#running.size > 0) this.#noteInput(event.index, event.text)
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
        reading.usage = mergeUsage(reading.usage, withCost(event.usage))
        // Where the total is the sum of both it is not kept.
        reading.isReasoningBeside = isReasoningBeside(reading.usage, event.usage.native?.members.total_tokens)
        reading.uncountedFrom = reading.textBytes
        this.#pricedAs = tierInUsage(event.usage.native?.members ?? {}) ?? this.#pricedAs
        reading.serviceTier = this.#pricedAs ?? reading.serviceTier
        break
      case 'choice-end':
        reading.finish ??= event.finish
        this.#noteRuns(event.finish.native)
        break
      case 'message-end':
        reading.serviceTier = this.#pricedAs ?? event.serviceTier ?? lateTier(event.native) ?? reading.serviceTier
        reading.isUsageFinal = Object.keys(reading.usage).length > 0
        this.#noteRuns(event.native)
        break
      case 'error':
        reading.failure ??= event.failure
        reading.isFinished = reading.isTerminal = false
        break
      case 'block-end':
        if (this.#running.size > 0) this.#noteRun(event.index)
        break
      case 'part-break':
      case 'ping':
      case 'native':
        break
      default:
        event satisfies never
    }
  }

  #noteInput(index: number, text: string): void {
    const running = this.#running.get(index)
    if (running !== undefined && running.input.length < MAX_INPUT) running.input += text
  }

  #noteRun(index: number): void {
    const running = this.#running.get(index)
    this.#running.delete(index)
    const tool = running && this.#toolRuns?.ofCall?.(running.members, running.input)
    if (tool === undefined) return
    const { toolRuns } = this.reading
    this.reading.toolRuns = { ...toolRuns, [tool]: (toolRuns?.[tool] ?? 0) + 1 }
  }

  /** The provider's own counts. */
  #noteRuns(native: Native | undefined): void {
    const said = native && this.#toolRuns?.inNative(native.members)
    if (said !== undefined) this.reading.toolRuns = { ...this.reading.toolRuns, ...said }
  }
}

/** A tier that came after the start, where its dialect keeps that in a pocket. */
function lateTier(native: Native | undefined): string | undefined {
  const tier = native?.members.service_tier
  return typeof tier === 'string' ? tier : undefined
}

/** With what only the provider's own words say that it cost. */
function withCost(usage: Usage): Usage {
  const reportedCostUsd = usage.reportedCostUsd ?? costInUsage(usage.native?.members ?? {})
  return reportedCostUsd === undefined ? usage : { ...usage, reportedCostUsd }
}
