import type { DialectName, Wire } from '../dialects/index.ts'
import { type AnswerSettings, isResponse, type ResponseSource } from './answer.ts'
import { convertResponse } from './convert-response.ts'

/** What is expanded, and what it is to become. */
export interface ExpandMessageOptions extends AnswerSettings {
  /** The dialect of the whole answer. */
  readonly from: DialectName
  /** The dialect of the stream. Default: that of the whole answer. */
  readonly to?: DialectName
}

/**
 * A whole answer as the stream that says the same, for a client that asked for one. A stream is taken too.
 *
 * Errors are answered as {@link convertResponse} answers them: in the client's form, by their status.
 *
 * @param whole a response or the promise of one, or the parsed body of one that was good
 * @throws {MillraceError} `bad-request` when there is no dialect of that name
 * @throws the signal's reason when it is aborted before the head is decided
 */
export async function expandMessage(whole: ResponseSource | Wire, options: ExpandMessageOptions): Promise<Response> {
  const { from, to = from } = options
  const response = isResponse(whole) || whole instanceof Promise ? whole : Response.json(whole)
  return convertResponse(response, { ...options, from, to, stream: true })
}
