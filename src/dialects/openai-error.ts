import { fromUtf8, toUtf8 } from '../bytes.ts'
import type { Failure, FailureCode } from '../errors.ts'
import type { FailureWords } from './error-body.ts'
import { objectOf, parseJson } from './value.ts'

/** OpenAI's error types and codes, and those of servers that speak its APIs. */
export const OPENAI_FAILURES = {
  invalid_request_error: 'bad-request',
  context_length_exceeded: 'bad-request',
  invalid_prompt: 'bad-request',
  authentication_error: 'unauthorized',
  invalid_api_key: 'unauthorized',
  permission_error: 'forbidden',
  permission_denied: 'forbidden',
  not_found_error: 'not-found',
  not_found: 'not-found',
  model_not_found: 'not-found',
  request_too_large: 'too-large',
  rate_limit_error: 'rate-limited',
  rate_limit_exceeded: 'rate-limited',
  insufficient_quota: 'rate-limited',
  requests: 'rate-limited',
  tokens: 'rate-limited',
  overloaded_error: 'overloaded',
  server_is_overloaded: 'overloaded',
  slow_down: 'overloaded',
  server_error: 'upstream',
  api_error: 'upstream',
  upstream_error: 'upstream',
  stream_truncated: 'truncated',
  timeout: 'timeout',
  request_cancelled: 'cancelled',
} as const satisfies FailureWords

export interface OpenaiError {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

/** What we say for a failure that has no words of its own. */
const OPENAI_WORDS: Readonly<Record<FailureCode, { readonly type: string; readonly code: string | null }>> = {
  'bad-request': { type: 'invalid_request_error', code: null },
  unauthorized: { type: 'invalid_request_error', code: 'invalid_api_key' },
  forbidden: { type: 'permission_error', code: 'permission_denied' },
  'not-found': { type: 'invalid_request_error', code: 'not_found' },
  'too-large': { type: 'invalid_request_error', code: 'request_too_large' },
  'rate-limited': { type: 'requests', code: 'rate_limit_exceeded' },
  overloaded: { type: 'server_error', code: 'server_is_overloaded' },
  upstream: { type: 'server_error', code: 'upstream_error' },
  truncated: { type: 'server_error', code: 'stream_truncated' },
  timeout: { type: 'server_error', code: 'timeout' },
  cancelled: { type: 'server_error', code: 'request_cancelled' },
}

/** The error object of OpenAI's APIs. */
export function toOpenaiError({ code, message, raw }: Failure): OpenaiError {
  const words = OPENAI_WORDS[code]
  return { message, type: raw?.type ?? words.type, param: raw?.param ?? null, code: raw?.code ?? words.code }
}

export function encodeOpenaiError(failure: Failure): Uint8Array {
  return fromUtf8(JSON.stringify({ error: toOpenaiError(failure) }))
}

/** True for `{"error":{"message":…}}`, which is all that the official SDKs look for. */
export function isOpenaiError(body: Uint8Array): boolean {
  const error = objectOf(objectOf(parseJson(toUtf8(body)))?.error)
  return typeof error?.message === 'string'
}
