import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api'
import { type AttemptFacts, askedAttributes, firstChunkMs } from './attributes.ts'
import type { ChunkTimes } from './chunk-times.ts'
import { isInference } from './conventions.ts'
import type { KnownNames } from './known-names.ts'

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power)

/** The metrics of the conventions for clients of models: one measurement for each attempt. */
export class Instruments {
  readonly #models: KnownNames
  readonly #duration: Histogram
  readonly #firstChunk: Histogram
  readonly #chunkTimes: Pick<ChunkTimes, 'add'>
  readonly #inputs: Histogram
  readonly #outputs: Histogram
  readonly #usage: Readonly<Record<(typeof USAGE)[number], Counter>>

  /** @param models which names of models are told apart */
  constructor(meter: Meter, chunkTimes: Pick<ChunkTimes, 'add'>, models: KnownNames) {
    this.#chunkTimes = chunkTimes
    this.#models = models
    const seconds = (name: string, description: string) =>
      meter.createHistogram(`gen_ai.client.inference.${name}`, {
        ...{ unit: 's', description, advice: { explicitBucketBoundaries: SECONDS } },
      })
    const tokens = (name: string, description: string) =>
      meter.createHistogram(`gen_ai.client.inference.operation.${name}`, {
        ...{ unit: '{token}', description, advice: { explicitBucketBoundaries: TOKENS } },
      })
    this.#duration = seconds('duration', 'How long calls of models took.')
    this.#firstChunk = seconds('time_to_first_chunk', 'From the request to the first event of its stream.')
    this.#inputs = tokens('input_tokens', 'Tokens of the prompt, by call.')
    this.#outputs = tokens('output_tokens', 'Tokens of the answer, by call.')
    const counter = (name: string) =>
      meter.createCounter(`gen_ai.client.inference.usage.${name}`, { unit: '{token}', description: 'Tokens in all.' })
    this.#usage = Object.fromEntries(USAGE.map(name => [name, counter(name)])) as Record<
      (typeof USAGE)[number],
      Counter
    >
  }

  /** Measures one attempt of an exchange that has ended. */
  note(facts: AttemptFacts): void {
    const { report, kind, attempt, told, isLast } = facts
    if (!isInference(kind)) return
    const labels = this.#labels(facts)
    const isError = attempt.error !== null && attempt.error !== 'cancelled'
    const ended = isError ? { ...labels, 'error.type': attempt.error as string } : labels
    this.#duration.record((attempt.endMs - attempt.sentMs) / 1000, ended)
    this.#noteUsage(facts, labels, ended)
    const firstMs = firstChunkMs(report, attempt)
    if (!isLast || !told.isStream || firstMs === null) return
    this.#firstChunk.record(firstMs / 1000, labels)
    this.#chunkTimes.add(report.times, labels)
  }

  /** Of a call that brought no usage there are zeros, of modalities that nobody told apart. */
  #noteUsage({ report, isLast }: AttemptFacts, labels: Attributes, ended: Attributes): void {
    const known = isLast ? report.usage : undefined
    const count = (name: (typeof USAGE)[number], tokens: number | null | undefined, modality = 'unknown') => {
      if (tokens !== null && tokens !== undefined)
        this.#usage[name].add(Math.max(tokens, 0), { ...labels, 'gen_ai.token.modality': modality })
    }
    const [input, output] = [known?.input ?? 0, known?.output ?? 0]
    count('input_tokens', input - (known?.audioInput ?? 0))
    count('input_tokens', known?.audioInput, 'audio')
    count('output_tokens', output - (known?.audioOutput ?? 0))
    count('output_tokens', known?.audioOutput, 'audio')
    count('cache_read.input_tokens', known?.cacheRead)
    count('cache_write.input_tokens', known?.cacheWrite)
    count('reasoning.output_tokens', known?.reasoning)
    this.#inputs.record(input, ended)
    this.#outputs.record(output, ended)
  }

  #labels(facts: AttemptFacts): Attributes {
    const { report, attempt, isLast } = facts
    const isProven = isLast && report.outcome === 'completed'
    const { 'gen_ai.request.model': _, ...labels } = askedAttributes(facts)
    const reported = isLast ? report.model.reported : null
    return {
      ...labels,
      ...(attempt.model !== null && { 'gen_ai.request.model': this.#models.label(attempt.model, isProven) }),
      ...(reported !== null && { 'gen_ai.response.model': this.#models.label(reported, isProven) }),
    }
  }
}

const USAGE = [
  'input_tokens',
  'output_tokens',
  'cache_read.input_tokens',
  'cache_write.input_tokens',
  'reasoning.output_tokens',
] as const
