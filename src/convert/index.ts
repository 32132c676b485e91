export { type AnswerOptions, createEncoder } from './answer.ts'
export { CollectStage } from './collect.ts'
export { BodyTap, type EventTap, type EventTapOptions, StreamTap } from './event-tap.ts'
export { ExpandStage } from './expand.ts'
export { crossingFailure } from './failure.ts'
export { createId } from './ids.ts'
export { lossesHeader } from './losses-header.ts'
export { AdapterRegistry, type Make, type Pair } from './registry.ts'
export {
  type AdaptedRequest,
  type Conversion,
  type ConvertedRequest,
  convertRequest,
  decodeCounted,
  decodeRequest,
  type Framing,
  framingOf,
  type History,
  type LossPolicy,
  type RequestTarget,
  refusalOf,
} from './request.ts'
export { type OwnedSeals, SealMemory, type SealMemoryOptions } from './seal-memory.ts'
export { ConvertStage } from './stage.ts'
export { StreamReader } from './stream-reader.ts'
export { ConvertWholeStage } from './whole.ts'
