import type { RawHeaders } from '../../http/index.ts'
import { CREATED_AT } from '../script.ts'
import type { SimulatedFailure } from '../voice.ts'

/** What OpenAI's two dialects share. */

export function openaiHeaders(requestId: string): RawHeaders {
  return [
    ['x-request-id', requestId],
    ['openai-organization', 'sim-org'],
    ['openai-processing-ms', '42'],
    ['openai-version', '2020-10-01'],
    ['x-ratelimit-limit-requests', '500'],
    ['x-ratelimit-limit-tokens', '200000'],
    ['x-ratelimit-remaining-requests', '499'],
    ['x-ratelimit-remaining-tokens', '199998'],
    ['x-ratelimit-reset-requests', '120ms'],
    ['x-ratelimit-reset-tokens', '0s'],
    ['cache-control', 'no-cache'],
    ['alt-svc', 'h3=":443"; ma=86400'],
    ['set-cookie', '__cf_bm=sim; path=/; HttpOnly'],
    ['set-cookie', '_cfuvid=sim; path=/; HttpOnly'],
  ].flat()
}

const TYPES: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ['invalid_request_error', null],
  401: ['invalid_request_error', 'invalid_api_key'],
  403: ['invalid_request_error', 'unsupported_country_region_territory'],
  404: ['invalid_request_error', 'model_not_found'],
  413: ['invalid_request_error', 'request_too_large'],
  429: ['requests', 'rate_limit_exceeded'],
}

export function openaiFailure({ status, message }: SimulatedFailure): unknown {
  const [type, code] = TYPES[status] ?? ['server_error', null]
  return { error: { message, type, param: null, code } }
}

/** How OpenAI says in mid-stream that it failed. */
export const SERVER_ERROR = { code: 'server_error', message: 'The server had an error while processing your request' }

export function openaiModels(names: readonly string[]): unknown {
  const data = names.map(id => ({ id, object: 'model', created: CREATED_AT, owned_by: 'millrace' }))
  return { object: 'list', data }
}
