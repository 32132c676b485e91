export {
  CAPTURE_MEDIA_TYPE,
  CAPTURE_SUFFIX,
  type Capture,
  type CapturedRequest,
  type Side,
  type Step,
} from './capture.ts'
export { type CaptureSettings, Captures, type CapturesOptions, type CaptureWish } from './captures.ts'
export { toCurl } from './curl.ts'
export { decodeCapture } from './decode.ts'
export { type CaptureEntry, CaptureFolder, type Retention } from './folder.ts'
export type { Recording } from './recording.ts'
