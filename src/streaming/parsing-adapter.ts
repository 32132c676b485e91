import type { Dialect } from '../dialects/index.ts'
import { failure, StreamingError } from '../errors.ts'
import {
  type Adapter,
  type AdapterContext,
  DEFAULT_LIMITS,
  ParsedStage,
  passAdapter,
  relayAdapter,
} from '../exchange/index.ts'
import type { HandlerConfig } from './handler-config.ts'

type SseParser = NonNullable<HandlerConfig['sseParser']>

/**
 * The adapter, with a user's parser for streams that are collected.
 *
 * @param spoken what the upstream speaks; undefined where nobody knows
 * @throws {StreamingError} `bad-request` when events are to be mapped that nobody reads
 */
export function parsingAdapter(
  adapter: Adapter,
  { sseParser: parse, mapEvents }: HandlerConfig & { readonly sseParser: SseParser },
  spoken: Dialect | undefined,
): Adapter {
  if (mapEvents !== undefined && adapter.lane !== 'convert') {
    const why = 'what `sseParser` makes of them is not read any more'
    throw new StreamingError(failure('bad-request', `Cannot map events: ${why}`))
  }
  const reads = spoken === undefined ? passAdapter() : relayAdapter(spoken)
  return {
    ...adapter,
    folds: true,
    stage(context: AdapterContext) {
      if (context.shape !== 'collect') return adapter.stage(context)
      const meter = reads.stage({ ...context, shape: 'stream', mapEvents: undefined, observe: undefined })
      const whole = adapter.lane === 'convert' ? adapter.stage({ ...context, shape: 'whole' }) : undefined
      const { messageBytes = DEFAULT_LIMITS.messageBytes } = context.limits
      return new ParsedStage({ meter, parse, whole, maxBytes: messageBytes })
    },
  }
}
