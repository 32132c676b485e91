export { type AccessLogOptions, accessLogHook } from './access-log.ts'
export type { ChannelMessages, ChannelName } from './channels.ts'
export { publish } from './channels.ts'
export { MeterCollector } from './collector.ts'
export type { ConsoleTracerOptions } from './console-tracer.ts'
export { ConsoleTracer } from './console-tracer.ts'
export type { Clock, RequestContextOptions } from './context.ts'
export { RequestContext } from './context.ts'
export type { FileTracerOptions } from './file-tracer.ts'
export { FileTracer } from './file-tracer.ts'
export type {
  ChunkData,
  ChunkState,
  HookEvent,
  HookState,
  ObservedState,
  OtherState,
  PreparedState,
  StreamEventState,
} from './hook-events.ts'
export { HOOK_EVENTS, HOOK_LAYERS } from './hook-events.ts'
export type { After, Hook } from './hook-runner.ts'
export type { HookCounts, HookManagerOptions } from './hooks.ts'
export { HookManager } from './hooks.ts'
export type { Log, LogRecord } from './log.ts'
export type { IStreamingMetricsCollector, StreamingMetrics, StreamingMetricsCollector } from './metrics.ts'
export { metricsOf } from './metrics.ts'
export type { Cost, PriceBook, Priced } from './prices.ts'
export { statedCost } from './prices.ts'
export type { ReportedAttempt, ReportedLoss, ReportedUsage, StreamReport, StreamTimes } from './report.ts'
export { GAP_BOUNDS_MS, provenanceOf, reportedLosses, reportedUsage } from './report.ts'
export type { RequestTracer } from './tracer.ts'
export { NullTracer } from './tracer.ts'
export { tracerHook } from './tracer-hook.ts'
