export { splitCallPath } from './call-path.ts'
export { chat } from './chat/index.ts'
export type {
  Codec,
  DecodeAnswerContext,
  EncodeAnswerContext,
  EncodedRequest,
  EncodeRequestContext,
  StreamDecoder,
  StreamEncoder,
} from './codec.ts'
export { bridgeCustomTools, withCustomCalls } from './custom-tools.ts'
export type {
  Dialect,
  DialectCounting,
  DialectFailure,
  DialectHttp,
  DialectModels,
  DialectName,
  DialectToolRuns,
  Edit,
  FrameKind,
  FrameTraits,
  Match,
  Meter,
  Peeked,
  Reading,
  RequestEdits,
  UpstreamTarget,
  WholeMeter,
} from './dialect.ts'
export { emptyReading } from './dialect.ts'
export { DIALECTS } from './dialects.ts'
export { FrameReader } from './frame-reader.ts'
export { gemini } from './gemini/index.ts'
export { messages } from './messages/index.ts'
export type { AnswerOrigin, MemoryResponseStoreOptions, ResponseStore, StoredResponse } from './responses/index.ts'
export { MemoryResponseStore, rememberAnswer, responses, withHistory } from './responses/index.ts'
export type { AnswerHome, RequestHome, Saying, Sayings } from './sayings.ts'
export { costInUsage, isReasoningBeside, tierInUsage } from './service-tier.ts'
export type { Wire } from './value.ts'
export { cutWrapped, type WrappedPlace } from './wrapped-seals.ts'
