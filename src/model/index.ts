export type { Annotation, Logprob } from './annotation.ts'
export type { DialectName } from './dialect-name.ts'
export type {
  AnnotationEvent,
  BlockEnd,
  BlockKind,
  BlockStart,
  ChoiceEnd,
  DataDelta,
  ErrorEvent,
  MediaBlock,
  MessageEnd,
  MessageStart,
  NativeBlock,
  NativeEvent,
  PartBreak,
  PayloadDelta,
  Ping,
  PlainBlock,
  ReasoningBlock,
  SealEvent,
  StreamEvent,
  TextDelta,
  ToolCallBlock,
  ToolResultBlock,
  UsageEvent,
} from './event.ts'
export { EventMap, type MapEvents, type MappedEvent } from './event-map.ts'
export type { Finish, FinishReason } from './finish.ts'
export { finishOf } from './finish.ts'
export { Fold, foldEvents } from './fold.ts'
export { checkGrammar, Grammar } from './grammar.ts'
export type { Loss, LossReason } from './loss.ts'
export { escapePointer, Losses } from './loss.ts'
export type { Candidate, Message } from './message.ts'
export type { Native } from './native.ts'
export { membersFor } from './native.ts'
export type { Lane, Outcome, Shape } from './outcome.ts'
export type {
  CacheMark,
  MediaPart,
  MediaSource,
  NativePart,
  Part,
  ReasoningPart,
  RefusalPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from './part.ts'
export { isProviderRun, textsOf } from './part.ts'
export type {
  CustomTool,
  Effort,
  FunctionTool,
  OutputWish,
  ProviderTool,
  ReasoningWish,
  Request,
  Sampling,
  Tool,
  ToolChoice,
  Turn,
} from './request.ts'
export type { Seal } from './seal.ts'
export { subtract } from './subtract.ts'
export { unfoldMessage, writePart } from './unfold.ts'
export type { Provenance, SaidUsage, Usage } from './usage.ts'
export { mergeUsage } from './usage.ts'
export {
  fromByteSlot,
  isWrapped,
  toByteSlot,
  unwrapParts,
  unwrapSeal,
  WRAPPED_TAG,
  wrapParts,
  wrapSeal,
} from './wrap.ts'
export type { NewBlock } from './writer.ts'
export { EventWriter } from './writer.ts'
