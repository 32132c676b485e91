import { fromUtf8 } from '../../bytes.ts'
import type { DialectCounting } from '../dialect.ts'

export const counting: DialectCounting = {
  requestIn: body => body,
  encode: tokens => fromUtf8(JSON.stringify({ input_tokens: tokens })),
}
