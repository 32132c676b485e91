import {
  type AnswerOptions,
  CollectStage,
  ConvertStage,
  ConvertWholeStage,
  convertRequest,
  crossingFailure,
  ExpandStage,
  type RequestTarget,
} from '../convert/index.ts'
import type { Dialect, Match } from '../dialects/index.ts'
import { Losses, type Shape } from '../model/index.ts'
import type { Adapter, AdapterContext } from './adapter.ts'
import { DEFAULT_LIMITS } from './budgets.ts'
import type { Redact } from './frame-edit.ts'
import { describeStatus } from './relay.ts'
import type { Stage } from './stage.ts'

/** What does not change from one exchange to the next, and what tests set. */
export interface ConvertOptions
  extends Pick<RequestTarget, 'issuer' | 'apiVersion' | 'askUsage' | 'losses' | 'seals' | 'history'>,
    Pick<AnswerOptions, 'createId' | 'now' | 'memory' | 'onMessage'> {
  /** Takes secrets out of an upstream's error text. */
  readonly redact?: Redact
}

type StageClass = new (options: AnswerOptions) => Stage

const STAGES: Readonly<Record<Shape, StageClass>> = {
  stream: ConvertStage,
  collect: CollectStage,
  expand: ExpandStage,
  whole: ConvertWholeStage,
}

/** What a request asks that comes without a path of its own. */
const GENERATE: Match = { operation: 'generate', path: '' }

/** The adapter of a client's dialect to another one of an upstream: all passes through the neutral model. */
export function convertAdapter(client: Dialect, upstream: Dialect, options: ConvertOptions = {}): Adapter {
  const { redact = text => text } = options

  function stage(context: AdapterContext): Stage {
    const { shape, limits, clientModel, conversion, mapEvents, observe, edits } = context
    const { request, framing, remember } = conversion ?? {}
    return new STAGES[shape]({
      ...options,
      ...{ client, upstream, request, framing, remember },
      ...{ mapEvents, observe, onMapped: () => edits.add('mapped') },
      model: clientModel,
      losses: conversion?.answerLosses ?? new Losses(),
      seals: conversion?.seals,
      eventBytes: limits.eventBytes,
      messageBytes: limits.messageBytes ?? DEFAULT_LIMITS.messageBytes,
    })
  }

  return {
    from: client.name,
    to: upstream.name,
    lane: 'convert',
    edits: [],
    folds: true,
    request: (body, match = GENERATE) => convertRequest(client, upstream, body, match, options),
    keepAlive: client.keepAlive,
    isAnswer: status => status >= 200 && status < 300 && status !== 204 && status !== 205,
    stage,
    failure(status, headers, body, requestId) {
      const told = describeStatus(status) ?? upstream.failure.decode(status, headers, body)
      const failure = crossingFailure(told, { client, upstream, redact })
      return { failure, body: client.failure.encode(failure, requestId), mediaType: 'application/json', edits: [] }
    },
    answer: (failure, requestId) => client.failure.encode({ ...failure, message: redact(failure.message) }, requestId),
  }
}
