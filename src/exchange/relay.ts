import { fromUtf8, toUtf8 } from '../bytes.ts'
import { CollectStage, ConvertStage, decodeRequest, ExpandStage } from '../convert/index.ts'
import type { Dialect, Edit } from '../dialects/index.ts'
import { type Failure, failure as makeFailure } from '../errors.ts'
import { Losses, type Request } from '../model/index.ts'
import type { Adapter, AdapterContext, FailureAnswer } from './adapter.ts'
import { DEFAULT_LIMITS } from './budgets.ts'
import { DROP_USAGE_FRAME, type Redact, redactFailures } from './frame-edit.ts'
import { RelayStage } from './relay-stage.ts'
import { RewriteWholeStage, rewriteModel as renamed } from './rewrite-model.ts'
import type { Stage } from './stage.ts'
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
    const { shape, limits, edits: made, clientModel, conversion } = context
    if (!isMetered) return new PassStage()
    const named = rewriteModel ? clientModel : undefined
    if (shape === 'collect' || shape === 'expand' || conversion?.framing === 'array') return turnedStage(context)
    if (shape === 'stream')
      return new RelayStage(
        dialect,
        limits,
        made,
        named === undefined ? frameEdits : [...frameEdits, renamed(dialect, named)],
      )
    return named === undefined
      ? new WholeStage(dialect)
      : new RewriteWholeStage(dialect, named, limits.messageBytes ?? DEFAULT_LIMITS.messageBytes, made)
  }

  /** A stream where a whole answer was asked for, or the other way round; events where an array was. */
  function turnedStage(context: AdapterContext): Stage {
    const { shape, limits, clientModel, conversion, sent } = context
    return new TURNED[shape as keyof typeof TURNED]({
      client: dialect,
      upstream: dialect,
      issuer,
      framing: conversion?.framing,
      model: rewriteModel ? clientModel : undefined,
      request: conversion?.request ?? requestIn(dialect, sent, dropsUsage),
      losses: conversion?.answerLosses ?? new Losses(),
      eventBytes: limits.eventBytes,
      messageBytes: limits.messageBytes ?? DEFAULT_LIMITS.messageBytes,
      redact,
    })
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
