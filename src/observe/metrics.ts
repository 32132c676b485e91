import type { Provenance } from '../model/index.ts'
import type { Cost } from './prices.ts'
import type { ReportedUsage, StreamReport } from './report.ts'

/** Tokens and cost of one answer; null where unknown. `tokensInput` holds the cached ones, `tokensOutput` the reasoning. */
export interface StreamingMetrics {
  /** Tokens of the prompt, the cached ones among them. */
  readonly tokensInput: number | null
  /** Tokens of the answer, the reasoning among them. */
  readonly tokensOutput: number | null
  /** The part of the input that was read from a cache. */
  readonly cacheReadTokens: number | null
  /** All cache writes. */
  readonly cacheWriteTokens: number | null
  /** The part of the cache writes that is priced for an hour. */
  readonly cacheWrite1hTokens?: number | null
  /** The part of the output that was reasoning. */
  readonly reasoningTokens?: number | null
  /** In US dollars. */
  readonly costUsd: number | null
  /** How far the counts can be trusted. */
  readonly provenance?: Provenance
  /** Where the price is from; `upstream`: the answer itself named its cost. */
  readonly priceSource?: string | null
}

/** What a provider implements to read tokens and cost from its own stream. One for each stream. */
export interface IStreamingMetricsCollector {
  /**
   * Any text of the stream: part of an event, or several.
   * @returns true when it completed the metrics
   */
  processChunk(chunk: string): boolean
  /** The upstream's own format, before conversion. */
  processRawChunk(chunk: string): boolean
  /** The client's format, after conversion. */
  processConvertedChunk(chunk: string): boolean
  /** What is known by now. */
  getMetrics(): StreamingMetrics
}

/** The same as `IStreamingMetricsCollector`, by another name. */
export type StreamingMetricsCollector = IStreamingMetricsCollector

/** The tokens of a report, and their cost. */
export function metricsOf({ usage, cost }: StreamReport): Required<StreamingMetrics> {
  return usageMetrics(usage, cost)
}

export function usageMetrics(usage: ReportedUsage, cost: Cost | null): Required<StreamingMetrics> {
  return {
    tokensInput: usage.input,
    tokensOutput: usage.output,
    cacheReadTokens: usage.cacheRead,
    cacheWriteTokens: usage.cacheWrite,
    cacheWrite1hTokens: usage.cacheWrite1h,
    reasoningTokens: usage.reasoning,
    costUsd: cost?.usd ?? null,
    provenance: usage.provenance,
    priceSource: cost?.source ?? null,
  }
}
