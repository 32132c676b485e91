/**
 * Millrace: a streaming engine for LLM APIs.
 *
 * The front page, which is also `millrace/streaming`, the functions on web standards, which are also
 * `millrace/functions`, the event stream, which is also `millrace/sse`, and what they speak of, for people who
 * make the parts themselves. Of Node nothing is needed but what `#client` stands for there.
 */
export { createClient, sharedClient } from '#client'
export {
  type AdaptedRequest,
  AdapterRegistry,
  type Conversion,
  type Framing,
  type History,
  type LossPolicy,
  type OwnedSeals,
  type Pair,
  SealMemory,
  type SealMemoryOptions,
} from './convert/index.ts'
export {
  DIALECTS,
  type Dialect,
  type DialectName,
  type Edit,
  MemoryResponseStore,
  type MemoryResponseStoreOptions,
  type Reading,
  type ResponseStore,
  type StoredResponse,
} from './dialects/index.ts'
export {
  type CatalogueEntry,
  FAILURES,
  type Failure,
  type FailureCode,
  failure,
  LimitError,
  MillraceError,
  StreamingError,
} from './errors.ts'
export {
  type Adapter,
  type AdapterContext,
  type Attempt,
  adapters,
  type Budgets,
  type ConvertOptions,
  convertAdapter,
  createAdapter,
  DEFAULT_BUDGETS,
  DEFAULT_LIMITS,
  type Emit,
  Exchange,
  type ExchangeObserver,
  type ExchangeOptions,
  type FailureAnswer,
  type Limits,
  type NextAttempt,
  type OnHeaders,
  type Outlet,
  type OutletEvents,
  passAdapter,
  type Recorder,
  type Redact,
  type RelayOptions,
  ResponseOutlet,
  registryOf,
  relayAdapter,
  type Seen,
  type ServerResponseLike,
  type SocketLike,
  SocketOutlet,
  type Stage,
  type Subject,
} from './exchange/index.ts'
export * from './functions/index.ts'
export {
  type Fetch,
  FetchClient,
  getHeader,
  getHeaders,
  type Head,
  type HeadersLike,
  type HttpClient,
  type PoolStats,
  type RawHeaders,
  requestHeaders,
  Sweep,
  type SweepOptions,
  type SweepTarget,
  toRawHeaders,
  type UpstreamCall,
  type UpstreamHandler,
  type UpstreamRequest,
} from './http/index.ts'
export {
  type BlockStart,
  checkGrammar,
  type Finish,
  type FinishReason,
  Grammar,
  type Lane,
  type Loss,
  type LossReason,
  type Message,
  type Outcome,
  type Provenance,
  type Shape,
  type StreamEvent,
  type Usage,
} from './model/index.ts'
export {
  type After,
  type ChannelMessages,
  type ChannelName,
  type ChunkData,
  type ChunkState,
  type Clock,
  type ConsoleTracerOptions,
  type FileTracerOptions,
  HOOK_EVENTS,
  type HookCounts,
  metricsOf,
  type ObservedState,
  type OtherState,
  type PreparedState,
  type ReportedLoss,
  type ReportedUsage,
  type RequestContextOptions,
  type StreamEventState,
  type StreamTimes,
} from './observe/index.ts'
export { Redactor } from './redact.ts'
export * from './sse/index.ts'
export * from './streaming/index.ts'
export { VERSION } from './version.ts'
