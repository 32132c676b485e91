export type { AnswerTransformer, ClientGone, Payload } from '../exchange/index.ts'
export { HttpPoolManager } from '../http/index.ts'
export type { MapEvents, StreamEvent } from '../model/index.ts'
export type {
  Hook,
  HookEvent,
  HookManagerOptions,
  HookState,
  IStreamingMetricsCollector,
  RequestTracer,
  StreamingMetrics,
  StreamingMetricsCollector,
  StreamReport,
} from '../observe/index.ts'
export { ConsoleTracer, FileTracer, HOOK_LAYERS, HookManager, NullTracer, RequestContext } from '../observe/index.ts'
export {
  type BufferedRequest,
  StreamingBufferService,
  StreamingBufferService as BufferService,
  type StreamingBufferServiceOptions,
} from './buffer-service.ts'
export { createMetricsCollector } from './collectors.ts'
export type { ClientOptions, DeferredStreamingOptions, ExchangeSettings, HeadersAnswer } from './deferred-streaming.ts'
export { DeferredStreaming } from './deferred-streaming.ts'
export type { HandlerConfig } from './handler-config.ts'
export type { StreamingRequest } from './streaming-handler.ts'
export { StreamingHandler } from './streaming-handler.ts'
export type { CompletedToolCall } from './tool-calls.ts'
