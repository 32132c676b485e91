import type { Attributes } from '@opentelemetry/api'
import type { ReportedAttempt, StreamReport } from '../observe/index.ts'
import { oneLine } from '../redact.ts'
import { isInference, OPENAI_API_TYPES, operationOf, providerOf } from './conventions.ts'
import type { CallKind, ToldAttempt, ToldExchange } from './told.ts'

/** Characters of what others chose: names of models, ids, paths. */
const MAX_TEXT = 256

/** Takes secrets out of a text. */
export type Redact = (text: string) => string

/** A text of others as an attribute: without secrets, on one line, well-formed and short. */
export function bounded(text: string, redact: Redact): string {
  const line = oneLine(redact(text.toWellFormed()))
  return line.length > MAX_TEXT ? line.slice(0, MAX_TEXT).toWellFormed() : line
}

/** Of the span of an exchange: a request to us. Tokens stand at the attempts, so that sums count them once. */
export function exchangeAttributes({ report, kind, method, path }: ToldExchange, redact: Redact): Attributes {
  const { client, model, outcome, lane, shape, edits, losses, key, status, cost, usage, id } = report
  return {
    'gen_ai.operation.name': operationOf(kind, client.dialect),
    ...(model.requested !== null && { 'gen_ai.request.model': bounded(model.requested, redact) }),
    'http.request.method': method,
    'url.path': bounded(path, redact),
    'url.scheme': 'http',
    ...(status !== null && { 'http.response.status_code': status }),
    ...failureOf(report),
    'millrace.request_id': id,
    'millrace.outcome': outcome,
    ...(key !== null && { 'millrace.key': key }),
    ...(client.dialect !== null && { 'millrace.client.dialect': client.dialect }),
    ...(lane !== null && { 'millrace.lane': lane }),
    ...(shape !== null && { 'millrace.shape': shape }),
    ...(edits.length > 0 && { 'millrace.edits': [...edits] }),
    // Their paths may hold names that the client made up.
    ...(losses.length > 0 && { 'millrace.losses': [...new Set(losses.map(loss => `${loss.in}: ${loss.reason}`))] }),
    'millrace.usage.provenance': usage.provenance,
    ...(cost !== null && { 'millrace.cost_usd': cost.usd, 'millrace.cost_source': cost.source }),
  }
}

/** A client that leaves is no error of anybody. */
export function failureOf({ error, outcome }: StreamReport): Attributes {
  return error === null || outcome === 'cancelled' ? {} : { 'error.type': error.code }
}

/** Of one attempt: its address, its model, and for the last one what it answered. */
export interface AttemptFacts {
  readonly report: StreamReport
  readonly kind: CallKind
  readonly attempt: ReportedAttempt
  readonly told: Omit<ToldAttempt, 'spanId'>
  readonly redact: Redact
  /** The one that served, or that nobody came after. */
  readonly isLast: boolean
}

/** What is known before an attempt is sent: samplers are shown it. */
export function askedAttributes({ kind, attempt, told, redact }: AttemptFacts): Attributes {
  const { dialect, model } = attempt
  return {
    'gen_ai.operation.name': operationOf(kind, dialect),
    'gen_ai.provider.name': providerOf(told.address, dialect),
    ...(model !== null && { 'gen_ai.request.model': bounded(model, redact) }),
    'server.address': told.address,
    'server.port': told.port,
  }
}

/** What is known when it is over. */
export function answeredAttributes(facts: AttemptFacts): Attributes {
  const { report, kind, attempt, told, isLast } = facts
  const { dialect, status, upstream } = attempt
  const isOpenAi = providerOf(told.address, dialect) === 'openai'
  return {
    ...(told.isStream && { 'gen_ai.request.stream': true }),
    ...(isOpenAi && isInference(kind) && { 'openai.api.type': OPENAI_API_TYPES[dialect] }),
    ...(status !== null && { 'http.response.status_code': status }),
    ...(attempt.error !== null && attempt.error !== 'cancelled' && { 'error.type': attempt.error }),
    ...(upstream !== null && { 'millrace.upstream': upstream }),
    'millrace.upstream.dialect': dialect,
    ...(isLast ? answer(facts, report) : failedAnswer(kind)),
  }
}

function answer({ kind, attempt, told, redact }: AttemptFacts, report: StreamReport): Attributes {
  const { model, answerId, finish, usage } = report
  const firstMs = firstChunkMs(report, attempt)
  return {
    ...(model.reported !== null && { 'gen_ai.response.model': bounded(model.reported, redact) }),
    ...(answerId !== null && { 'gen_ai.response.id': bounded(answerId, redact) }),
    ...(finish === null
      ? failedAnswer(kind)
      : { 'gen_ai.response.finish_reasons': [bounded(finish.raw ?? finish.reason, redact)] }),
    ...(told.isStream && firstMs !== null && { 'gen_ai.response.time_to_first_chunk': firstMs / 1000 }),
    ...(usage.input !== null && { 'gen_ai.usage.input_tokens': usage.input }),
    ...(usage.output !== null && { 'gen_ai.usage.output_tokens': usage.output }),
    ...(usage.cacheRead !== null && { 'gen_ai.usage.cache_read.input_tokens': usage.cacheRead }),
    ...(usage.cacheWrite !== null && { 'gen_ai.usage.cache_write.input_tokens': usage.cacheWrite }),
    ...(usage.reasoning !== null && { 'gen_ai.usage.reasoning.output_tokens': usage.reasoning }),
    ...(usage.audioInput !== null && { 'gen_ai.usage.audio.input_tokens': usage.audioInput }),
    ...(usage.audioOutput !== null && { 'gen_ai.usage.audio.output_tokens': usage.audioOutput }),
  }
}

/** A finish that was expected and did not come is told, not left out. */
function failedAnswer(kind: CallKind): Attributes {
  return kind === 'inference' ? { 'gen_ai.response.finish_reasons': ['error'] } : {}
}

/** From the sending of the last attempt to the first event of its stream; null where none came. */
export function firstChunkMs({ times }: StreamReport, { sentMs }: ReportedAttempt): number | null {
  const first = times.firstEventMs ?? times.firstByteMs
  return first === null ? null : Math.max(first - sentMs, 0)
}
