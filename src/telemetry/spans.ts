import {
  type Context,
  createTraceState,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { StreamReport } from '../observe/index.ts'
import {
  type AttemptFacts,
  answeredAttributes,
  askedAttributes,
  bounded,
  exchangeAttributes,
  failureOf,
  type Redact,
} from './attributes.ts'
import { contentAttributes } from './content.ts'
import { operationOf } from './conventions.ts'
import type { ToldExchange } from './told.ts'

/** Tells the SDK what the ids of the next span are. */
export interface IdSetter {
  set(traceId: string, spanId: string): void
}

/** Makes the spans of an exchange that has ended: its own, and one for each attempt below it. */
export function tellSpans(tracer: Tracer, ids: IdSetter, told: ToldExchange, redact: Redact): void {
  const { report, kind, trace: context, spanId, attempts } = told
  const startMs = Date.parse(report.time)
  ids.set(context.traceId, spanId)
  const exchange = tracer.startSpan(
    spanName(operationOf(kind, report.client.dialect), report.model.requested, redact),
    { kind: SpanKind.SERVER, startTime: timeAt(startMs), attributes: exchangeAttributes(told, redact) },
    parentOf(told),
  )
  const inside = trace.setSpan(ROOT_CONTEXT, exchange)
  report.attempts.forEach((attempt, at) => {
    const known = attempts[at]
    if (known === undefined) return
    const facts = { report, kind, attempt, told: known, isLast: at === report.attempts.length - 1, redact }
    ids.set(context.traceId, known.spanId)
    const name = spanName(operationOf(kind, attempt.dialect), attempt.model, redact)
    const startTime = timeAt(startMs + attempt.sentMs)
    const span = tracer.startSpan(
      name,
      { kind: SpanKind.CLIENT, startTime, attributes: askedAttributes(facts) },
      inside,
    )
    if (facts.isLast && told.content !== undefined) span.setAttributes(contentAttributes(told.content, redact))
    endAttempt(span, facts, timeAt(startMs + attempt.endMs))
  })
  if (isServerError(report)) exchange.setStatus({ code: SpanStatusCode.ERROR })
  exchange.end(timeAt(startMs + report.times.totalMs))
}

/** Ends the span of an attempt with what became of it. Texts of errors stay out: they may quote a prompt. */
export function endAttempt(span: Span, facts: AttemptFacts, time: HrTime | undefined): void {
  const attributes = answeredAttributes(facts)
  span.setAttributes(attributes)
  if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(time)
}

/** By its operation and its model. */
export function spanName(operation: string, model: string | null, redact: Redact): string {
  return model === null ? operation : `${operation} ${bounded(model, redact)}`
}

function parentOf({ trace: { traceId, parentId, state } }: ToldExchange): Context {
  if (parentId === null) return ROOT_CONTEXT
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parentId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    ...(state === '' ? {} : { traceState: createTraceState(state) }),
  })
}

/** To a client's mistake the server's span says nothing: that is how servers are told of. */
function isServerError(report: StreamReport): boolean {
  if (Object.keys(failureOf(report)).length === 0) return false
  const { status } = report
  return status === null || status < 400 || status >= 500
}

/** Milliseconds since the epoch, as the API has them. */
export function timeAt(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
