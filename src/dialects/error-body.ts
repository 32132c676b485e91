import { toUtf8 } from '../bytes.ts'
import { FAILURES, type Failure, type FailureCode } from '../errors.ts'
import { type RawHeaders, retryAfterMs } from '../http/index.ts'
import { defined, itemsOf, objectOf, parseJson, textOf, type Wire } from './value.ts'

/** A dialect's words for errors, types and codes alike, and what they mean. */
export type FailureWords = Readonly<Record<string, FailureCode>>

/** What an error body says, wherever its vendor puts it. */
export interface ErrorBody {
  readonly message?: string
  readonly type?: string
  readonly code?: string
  readonly param?: string
  /** An HTTP status that the body repeats, or says in the place of the head. */
  readonly status?: number
  readonly retryAfterMs?: number
}

/** Reads an upstream's error answer, whatever its body is. */
export function decodeErrorAnswer(words: FailureWords, status: number, headers: RawHeaders, body: Uint8Array): Failure {
  const text = toUtf8(body)
  const said = readErrorBody(parseJson(text))
  return toFailure(words, said ?? {}, {
    status: status >= 400 ? status : said?.status,
    fallback: `Cannot read the upstream's error answer: status ${status}, got "${excerpt(text)}"`,
    retryAfterMs: retryAfterMs(headers) ?? said?.retryAfterMs,
  })
}

/** Reads an error that an upstream told inside a stream. */
export function decodeErrorEvent(words: FailureWords, event: Wire): Failure {
  const said = readErrorBody(event) ?? {}
  const fallback = 'Upstream failed in mid-stream: it does not say why'
  return toFailure(words, said, { status: said.status, fallback, retryAfterMs: said.retryAfterMs })
}

/**
 * Finds message, type and code in `{"error":{…}}`, `{"error":"text"}`, `{"detail":…}`, `{"errors":[…]}`,
 * `{"message":…}`, or the first item of an array of such; undefined when there is nothing of the kind.
 */
export function readErrorBody(value: unknown): ErrorBody | undefined {
  const outer = objectOf(Array.isArray(value) ? value[0] : value)
  if (outer === undefined) return undefined
  const [detail] = itemsOf(outer.detail)
  const [error] = itemsOf(outer.errors)
  const inner = objectOf(outer.error) ?? objectOf(outer.detail) ?? objectOf(error) ?? outer
  const body = defined<ErrorBody>({
    message:
      textOf(inner.message) ??
      textOf(outer.error) ??
      textOf(outer.detail) ??
      textOf(objectOf(detail)?.msg) ??
      textOf(outer.message),
    type: (inner.type === 'error' ? undefined : textOf(inner.type)) ?? textOf(inner.status),
    code: reasonIn(inner) ?? wordOf(inner.code) ?? textOf(outer.code),
    param: textOf(inner.param),
    status: statusOf(inner.code) ?? statusOf(inner.status_code) ?? statusOf(outer.code),
    retryAfterMs: itemsOf(inner.details)
      .map(delayIn)
      .find(delay => delay !== undefined),
  })
  return Object.keys(body).length === 0 ? undefined : body
}

/** What a failure is, by the status of an HTTP answer. */
const STATUS: Readonly<Record<number, FailureCode>> = {
  401: 'unauthorized',
  402: 'forbidden',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  410: 'not-found',
  413: 'too-large',
  429: 'rate-limited',
  // Groq: no capacity left for flexible requests.
  498: 'overloaded',
  499: 'cancelled',
  503: 'overloaded',
  504: 'timeout',
  // Cloudflare, for the origin behind it.
  522: 'timeout',
  524: 'timeout',
  529: 'overloaded',
}

export function codeOfStatus(status: number): FailureCode {
  return STATUS[status] ?? (status >= 400 && status < 500 ? 'bad-request' : 'upstream')
}

/** What vendors also say where they could say more. */
const VAGUE: ReadonlySet<FailureCode> = new Set<FailureCode>(['bad-request', 'upstream'])

interface Circumstances {
  readonly status: number | undefined
  readonly fallback: string
  readonly retryAfterMs: number | undefined
}

function toFailure(words: FailureWords, said: ErrorBody, { status, fallback, retryAfterMs }: Circumstances): Failure {
  const meanings = [meaningOf(words, said.code), meaningOf(words, said.type), status && codeOfStatus(status)]
  const known = meanings.filter(code => typeof code === 'string')
  const code = known.find(code => !VAGUE.has(code)) ?? known[0] ?? 'upstream'
  const raw = defined<NonNullable<Failure['raw']>>({ type: said.type, code: said.code, param: said.param })
  return defined<Failure>({
    code,
    status: status ?? FAILURES[code].status,
    message: said.message ?? fallback,
    retryAfterMs,
    raw: Object.keys(raw).length === 0 ? undefined : raw,
  })
}

function meaningOf(words: FailureWords, word: string | undefined): FailureCode | undefined {
  return word !== undefined && Object.hasOwn(words, word) ? words[word] : undefined
}

/** The finer code of Anthropic's `details` object, or of the `ErrorInfo` in Google's `details` array. */
function reasonIn({ details }: Wire): string | undefined {
  const reasons = itemsOf(details).map(detail => textOf(objectOf(detail)?.reason))
  return textOf(objectOf(details)?.error_code) ?? reasons.find(reason => reason !== undefined)
}

/** Google's `RetryInfo`: `"retryDelay":"34.07s"`. */
function delayIn(detail: unknown): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(textOf(objectOf(detail)?.retryDelay) ?? '')
  return seconds === null ? undefined : Math.round(Number(seconds[1]) * 1000)
}

/** A number is a word too, unless it is the status. */
function wordOf(code: unknown): string | undefined {
  return typeof code === 'number' && statusOf(code) === undefined ? String(code) : textOf(code)
}

function statusOf(code: unknown): number | undefined {
  return typeof code === 'number' && code >= 400 && code < 600 ? code : undefined
}

/** Enough of a foreign text to recognise it by, in one line. */
function excerpt(text: string): string {
  const line = text.slice(0, 2000).replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
