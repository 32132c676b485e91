import {
  type Context,
  context,
  type HrTime,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { type RawHeaders, type UpstreamRequest, withoutHeaders } from '../http/index.ts'
import { HOOK_LAYERS, type Hook, type PreparedState, type StreamReport } from '../observe/index.ts'
import { Redactor } from '../redact.ts'
import { VERSION } from '../version.ts'
import { askedAttributes, failureOf } from './attributes.ts'
import { kindOfCall, operationOf } from './conventions.ts'
import { addressOf } from './exchange-trace.ts'
import { endAttempt, spanName, timeAt } from './spans.ts'
import type { CallKind, ToldAttempt } from './told.ts'

/** How a program's own OpenTelemetry is used. */
export interface OpenTelemetryHookOptions {
  /** Who makes spans. Default: the provider that is registered globally; without one nothing happens. */
  readonly tracerProvider?: TracerProvider
  /** Whether the upstream is told of the trace, by the propagator that is registered globally. Default true. */
  readonly propagates?: boolean
}

const UNTOLD = new Redactor()
const redact = (text: string) => UNTOLD.text(text)

/** A span that waits for the end of its exchange. */
interface OpenSpan {
  readonly span: Span
  readonly startMs: number
  readonly kind: CallKind
  readonly told: Omit<ToldAttempt, 'spanId' | 'isStream'>
}

/**
 * A hook for programs that have an OpenTelemetry of their own: a client's span for each exchange, with the
 * attributes of the conventions for generative AI, below the span that is active when the response is sent; else
 * below the one that the request's headers name. Nothing of prompts and answers is told.
 *
 * Register it with a `HookManager` of that program.
 */
export function openTelemetryHook({ tracerProvider, propagates = true }: OpenTelemetryHookOptions = {}): Hook {
  const tracer = (tracerProvider ?? trace).getTracer('millrace', VERSION)
  const open = new WeakMap<Map<string, unknown>, OpenSpan>()
  return {
    name: 'open-telemetry',
    events: ['provider.request.prepared', 'provider.stream.end'],
    // After all who may change the request.
    priority: HOOK_LAYERS.finalization,
    handle(state) {
      if (state.event === 'provider.request.prepared') {
        const parent = parentFor(state.data)
        const begun = begin(tracer, state, parent)
        open.set(state.metadata, begun)
        if (!propagates) return undefined
        const headers = withTrace(state.data.headers, trace.setSpan(parent, begun.span))
        return { ...state, data: { ...state.data, headers } }
      }
      const begun = open.get(state.metadata)
      open.delete(state.metadata)
      if (begun !== undefined) end(begun, state.data as unknown as StreamReport)
      return undefined
    },
  }
}

function parentFor({ headers }: UpstreamRequest): Context {
  const active = context.active()
  if (trace.getSpan(active) !== undefined) return active
  const carrier: Record<string, string> = {}
  for (let at = 0; at < headers.length; at += 2)
    carrier[(headers[at] as string).toLowerCase()] = headers[at + 1] as string
  return propagation.extract(active, carrier)
}

/** The model is known at the end only: bodies are not read for it. */
function begin(tracer: Tracer, { data, time: startMs }: PreparedState, parent: Context): OpenSpan {
  const { url } = data
  const kind = kindOfCall(url.pathname)
  const told = addressOf(url)
  const operation = operationOf(kind, /:\w+$/.test(url.pathname) ? 'gemini' : null)
  const attributes = {
    'gen_ai.operation.name': operation,
    'server.address': told.address,
    'server.port': told.port,
  }
  const span = tracer.startSpan(operation, { kind: SpanKind.CLIENT, startTime: timeAt(startMs), attributes }, parent)
  return { span, startMs, kind, told }
}

/** @param report of an exchange that was not sent it has no attempt */
function end({ span, startMs, kind, told }: OpenSpan, report: StreamReport): void {
  const time = endTime(startMs, report)
  const attempt = report.attempts.at(-1)
  span.setAttribute('millrace.request_id', report.id)
  span.setAttribute('millrace.outcome', report.outcome)
  if (attempt === undefined) {
    span.setAttributes(failureOf(report))
    span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(time)
    return
  }
  // Not before it is known what the upstream gave.
  const isStream = report.shape === 'stream' || report.shape === 'collect'
  const facts = { report, kind, attempt, told: { ...told, isStream }, isLast: true, redact }
  span.updateName(spanName(operationOf(kind, attempt.dialect), attempt.model, redact))
  span.setAttributes(askedAttributes(facts))
  endAttempt(span, facts, time)
}

function endTime(startMs: number, { time, times }: StreamReport): HrTime {
  return timeAt(Math.max(Date.parse(time) + times.totalMs, startMs))
}

function withTrace(headers: RawHeaders, inside: Context): RawHeaders {
  const carrier: Record<string, string> = {}
  propagation.inject(inside, carrier)
  const names = new Set(Object.keys(carrier).map(name => name.toLowerCase()))
  return names.size === 0 ? headers : [...withoutHeaders(headers, names), ...Object.entries(carrier).flat()]
}
