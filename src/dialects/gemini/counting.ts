import { fromUtf8 } from '../../bytes.ts'
import type { DialectCounting } from '../dialect.ts'
import { objectOf } from '../value.ts'

export const counting: DialectCounting = {
  // Bare contents, or a whole request with its instructions and tools.
  requestIn: body => objectOf(body.generateContentRequest) ?? body,
  encode: tokens => fromUtf8(JSON.stringify({ totalTokens: tokens })),
}
