import { fromUtf8, toUtf8 } from '../bytes.ts'
import {
  type AnswerOptions,
  BodyTap,
  CollectStage,
  ConvertStage,
  ConvertWholeStage,
  decodeRequest,
  ExpandStage,
  StreamTap,
} from '../convert/index.ts'
import type { Dialect, Edit } from '../dialects/index.ts'
import { type Failure, failure as makeFailure } from '../errors.ts'
import { Losses, type MapEvents, type Request } from '../model/index.ts'
import type { Adapter, AdapterContext, FailureAnswer } from './adapter.ts'
import { DEFAULT_LIMITS } from './budgets.ts'
import { DROP_USAGE_FRAME, type Redact, redactFailures } from './frame-edit.ts'
import { HeldWholeStage } from './held-whole.ts'
import { MapStage } from './map-stage.ts'
import { RelayStage } from './relay-stage.ts'
import { rewriteModel as renamed } from './rewrite-model.ts'
import type { Stage } from './stage.ts'
import { TappedStage } from './tapped-stage.ts'
import { PassStage, WholeStage } from './whole-stage.ts'

/** How an adapter relays, where it is not all defaults. */
export interface RelayOptions {
  /** What the request edits changed: `model`, `usage-frame`. */
  readonly edits?: readonly Edit[]
  /** False for paths that are relayed without being understood. Default true. */
  readonly isMetered?: boolean
  /** The answer names the model that the client asked for. Default false. */
  readonly rewriteModel?: boolean
  /** Who can read the seals of its answers. */
  readonly issuer?: string
  /** Takes secrets out of an upstream's error text. */
  readonly redact?: Redact
}

/** The adapter of one dialect to itself: bytes pass as they are, a tap reads them. */
export function relayAdapter(dialect: Dialect, options: RelayOptions = {}): Adapter {
  const { edits = [], isMetered = true, rewriteModel = false, issuer = '', redact = text => text } = options
  const dropsUsage = edits.includes('usage-frame')
  const frameEdits = [...(dropsUsage ? [DROP_USAGE_FRAME] : []), redactFailures(redact)]

  function stage(context: AdapterContext): Stage {
    const { shape, conversion, mapEvents } = context
    if (!isMetered) return new PassStage()
    if (shape === 'collect' || shape === 'expand' || conversion?.framing === 'array') return turnedStage(context)
    if (mapEvents === undefined) return tapped(shape === 'stream' ? streamStage(context) : wholeStage(context), context)
    return shape === 'stream' ? mapStage(context, mapEvents) : new ConvertWholeStage(answerOptions(context))
  }

  function streamStage({ limits, edits: made, clientModel }: AdapterContext): Stage {
    const isNamed = rewriteModel && clientModel !== undefined
    return new RelayStage(dialect, limits, made, isNamed ? [...frameEdits, renamed(dialect, clientModel)] : frameEdits)
  }

  function wholeStage({ limits, edits: made, clientModel, holdsBody = false }: AdapterContext): Stage {
    const name = rewriteModel ? clientModel : undefined
    return name !== undefined || holdsBody
      ? new HeldWholeStage(dialect, name, limits.messageBytes ?? DEFAULT_LIMITS.messageBytes, made)
      : new WholeStage(dialect)
  }

  /** Whoever watches events has them read beside the bytes. */
  function tapped(inner: Stage, context: AdapterContext): Stage {
    const { observe, wantsEvents = false, shape, limits } = context
    if (observe === undefined || !wantsEvents) return inner
    const { eventBytes } = limits
    return new TappedStage(
      inner,
      shape === 'stream'
        ? new StreamTap({ dialect, issuer, observe, eventBytes })
        : new BodyTap({ ...answerOptions(context), observe }),
    )
  }

  function mapStage(context: AdapterContext, mapEvents: MapEvents): Stage {
    const { limits, edits: made, observe } = context
    const { request, model, losses, messageBytes } = answerOptions(context)
    const { holdBytes, eventBytes } = limits
    // A frame that is to be mapped has to be whole.
    const relay = streamStage({ ...context, limits: { ...limits, holdBytes: eventBytes } })
    return new MapStage({
      ...{ dialect, relay, mapEvents, observe, issuer, request, model, made, losses },
      ...{ holdBytes, eventBytes, messageBytes },
    })
  }

  /** A stream where a whole answer was asked for, or the other way round; events where an array was. */
  function turnedStage(context: AdapterContext): Stage {
    return new TURNED[context.shape as keyof typeof TURNED](answerOptions(context))
  }

  function answerOptions(context: AdapterContext): AnswerOptions {
    const { limits, clientModel, conversion, sent, mapEvents, observe, edits: made } = context
    return {
      client: dialect,
      upstream: dialect,
      issuer,
      framing: conversion?.framing,
      model: rewriteModel ? clientModel : undefined,
      request: conversion?.request ?? requestIn(dialect, sent, dropsUsage),
      losses: conversion?.answerLosses ?? context.losses ?? new Losses(),
      eventBytes: limits.eventBytes,
      messageBytes: limits.messageBytes ?? DEFAULT_LIMITS.messageBytes,
      ...{ redact, mapEvents, observe, onMapped: () => made.add('mapped') },
    }
  }

  return {
    from: dialect.name,
    to: dialect.name,
    lane: dropsUsage || rewriteModel ? 'edit' : 'relay',
    edits,
    folds: isMetered,
    request: body => ({ body }),
    keepAlive: isMetered ? dialect.keepAlive : undefined,
    isAnswer: status => status >= 200 && status < 300 && !(isMetered && (status === 204 || status === 205)),
    stage,
    failure(status, headers, body, requestId): FailureAnswer {
      const told = describeStatus(status) ?? dialect.failure.decode(status, headers, body)
      const failure = { ...told, message: redact(told.message) }
      if (status < 400 || !dialect.failure.isOwn(body))
        return { failure, body: dialect.failure.encode(failure, requestId), mediaType: 'application/json', edits: [] }
      const text = toUtf8(body)
      const clean = redact(text)
      return clean === text ? { failure, body, edits: [] } : { failure, body: fromUtf8(clean), edits: ['redacted'] }
    },
    answer: (failure, requestId) => dialect.failure.encode({ ...failure, message: redact(failure.message) }, requestId),
  }
}

const TURNED = { collect: CollectStage, expand: ExpandStage, stream: ConvertStage } as const

/** What a relayed request asks for, as far as writing the answer needs it; undefined when it cannot be read. */
function requestIn(dialect: Dialect, sent: Uint8Array | undefined, dropsUsage: boolean): Request | undefined {
  if (sent === undefined) return undefined
  const read = decodeRequest(dialect, sent, { operation: 'generate', path: '' })
  const request = 'code' in read ? undefined : read
  // That the usage was asked for may have been our own wish.
  return request !== undefined && dropsUsage ? { ...request, includeUsage: false } : request
}

/** Bytes of whatever kind, both ways; errors of our own are JSON in a plain form. */
export function passAdapter(redact: Redact = text => text): Adapter {
  return {
    from: 'any',
    to: 'any',
    lane: 'relay',
    edits: [],
    request: body => ({ body }),
    keepAlive: undefined,
    isAnswer: () => true,
    stage: () => new PassStage(),
    failure: (status, _headers, body) => ({
      failure: makeFailure('upstream', `Upstream answered ${status}`, { status }),
      body,
      edits: [],
    }),
    answer: ({ code, message }) => fromUtf8(JSON.stringify({ error: { code, message: redact(message) } })),
  }
}

/** What a status below 400 that is no answer means. */
export function describeStatus(status: number): Failure | undefined {
  if (status >= 400) return undefined
  if (status >= 300)
    return makeFailure('upstream', `Upstream answered with a redirect, which is not followed: status ${status}`)
  return makeFailure('upstream', `Upstream answered without a body: status ${status}`)
}
