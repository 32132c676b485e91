import { DIALECTS } from '../dialects/index.ts'
import type { Head } from '../http/index.ts'
import type { MapEvents, Shape } from '../model/index.ts'
import type { Adapter } from './adapter.ts'
import { DEFAULT_LIMITS } from './budgets.ts'
import { EVENT_STREAM } from './client-head.ts'
import type { ExchangeOptions } from './options.ts'
import type { Recorder } from './recorder.ts'
import { withoutSecrets } from './redacted-events.ts'
import type { Run } from './run.ts'
import type { Stage } from './stage.ts'
import { TransformStage } from './transform-stage.ts'
import { UsageAddedStage } from './usage-added.ts'

/** The stage of one answer: that of its adapter, in what else the exchange does to answers. */
export function answerStage(
  { adapter, head, attempt }: Run,
  shape: Shape,
  record: Recorder,
  { subject, limits = DEFAULT_LIMITS, observer, transform, mapEvents, redact, includesUsage }: ExchangeOptions,
): Stage {
  const { edits, losses } = record
  const { conversion, request } = attempt
  const inner = adapter.stage({
    ...{ clientModel: subject.model, shape, limits, edits, losses, conversion, sent: request.body },
    holdsBody: includesUsage,
    mapEvents: mapEvents && made(mapEvents),
    observe: withoutSecrets(observer?.onEvent, redact),
    wantsEvents: observer?.wantsEvents,
  })
  const stage = includesUsage === true ? withUsage(inner, adapter, shape, record) : inner
  if (transform === undefined || shape === 'stream' || stage.mediaType === EVENT_STREAM) return stage
  return new TransformStage(stage, (head as Head).headers, transform)
}

function withUsage(stage: Stage, { from }: Adapter, shape: Shape, record: Recorder): Stage {
  const dialect = Object.values(DIALECTS).find(({ name }) => name === from)
  if (dialect === undefined) return stage
  const usageJson = () => JSON.stringify(record.usageNote(stage.seen.reading))
  return new UsageAddedStage(stage, { dialect, shape, usageJson, made: record.edits })
}

/** What cannot be made fails the answer at its first event. */
function made(make: () => MapEvents): MapEvents {
  try {
    return make()
  } catch (error) {
    return () => {
      throw error
    }
  }
}
