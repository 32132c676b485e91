import type { Failure } from '../errors.ts'
import type { ExchangeObserver } from '../exchange/index.ts'
import type { Request } from '../model/index.ts'
import type { ExchangeTrace } from '../telemetry/index.ts'

/** Larger bodies are not read for their content. */
const MAX_BYTES = 4 * 1024 * 1024

/** Has prompt and answer noted, where that is wanted. */
export function contentObserver(
  trace: ExchangeTrace | undefined,
  body: Uint8Array,
  asked: () => Request | Failure,
): ExchangeObserver | undefined {
  const content = trace?.content
  if (content === undefined) return undefined
  const request = body.length > MAX_BYTES ? undefined : asked()
  if (request !== undefined && !('code' in request)) content.noteRequest(request)
  return { onEvent: content.noteEvent, wantsEvents: true }
}
