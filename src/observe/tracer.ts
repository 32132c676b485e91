import type { Head, UpstreamRequest } from '../http/index.ts'
import type { StreamReport } from './report.ts'

/**
 * Follows single exchanges, for people who look for a fault. Called in the turn of the stream: it
 * returns at once and never throws. What it shows is redacted; bodies are shown only when asked for.
 */
export interface RequestTracer {
  /** Asked once for an exchange; the others are called only for those it wants. */
  shouldTrace(request: UpstreamRequest): boolean
  /** The request as it is sent. */
  traceRequest(id: string, request: UpstreamRequest): void
  /** An answer that is no stream, errors too: as the upstream gave it, its body's first MiB. Also what was collected of a stream. */
  traceResponse(id: string, head: Head, body?: Uint8Array): void
  /** The upstream's status and headers. */
  traceStreamStart(id: string, head: Head): void
  /**
   * What one read has brought.
   * @param chunk valid only during the call
   */
  traceStreamChunk(id: string, chunk: Uint8Array): void
  /** Once, last, however the exchange ended. */
  traceStreamComplete(report: StreamReport): void
}

/** Traces nothing. */
export class NullTracer implements RequestTracer {
  shouldTrace(): boolean {
    return false
  }
  traceRequest(): void {}
  traceResponse(): void {}
  traceStreamStart(): void {}
  traceStreamChunk(): void {}
  traceStreamComplete(): void {}
}
