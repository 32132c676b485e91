import type { DialectName } from '../dialects/index.ts'
import { type Failure, failure, MillraceError, StreamingError } from '../errors.ts'
import { spoken } from './spoken.ts'

/**
 * An error as the answer of an API: status, media type, `retry-after` where that is known, and a body that the
 * dialect's clients understand.
 *
 * @param thrown what this package threw; anything else is an internal fault, whose words are not told: status 500
 * @throws {MillraceError} `bad-request` when there is no dialect of that name
 */
export function failureResponse(thrown: unknown, dialect: DialectName): Response {
  const failed = failureOf(thrown)
  const headers = new Headers({ 'content-type': 'application/json' })
  if (failed.retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(failed.retryAfterMs / 1000)))
  const body = spoken(dialect).failure.encode(failed) as Uint8Array<ArrayBuffer>
  return new Response(body, { status: failed.status, headers })
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof StreamingError) return thrown.failure
  if (thrown instanceof MillraceError) return failure(thrown.code, thrown.message)
  return failure('upstream', 'Cannot serve the request: an internal fault', { status: 500 })
}
