export { decodeRequest } from './request-decoder.ts'
export { encodeRequest } from './request-encoder.ts'
