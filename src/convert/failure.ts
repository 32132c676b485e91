import type { Failure } from '../errors.ts'
import type { AnswerOptions } from './answer.ts'

/**
 * An upstream's failure as the client may know it: without secrets, and toward another dialect without
 * the words of the upstream's API, which mean nothing to its clients.
 */
export function crossingFailure(
  failed: Failure,
  { client, upstream, redact }: Pick<AnswerOptions, 'client' | 'upstream' | 'redact'>,
): Failure {
  const message = redact?.(failed.message) ?? failed.message
  if (client.name === upstream.name) return message === failed.message ? failed : { ...failed, message }
  const { raw, ...rest } = failed
  return raw?.param === undefined ? { ...rest, message } : { ...rest, message, raw: { param: raw.param } }
}
