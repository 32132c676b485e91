import type { DialectName } from '../dialects/index.ts'
import { type Adapter, createAdapter, relayAdapter } from '../exchange/index.ts'
import { type AnswerSettings, answerWith, type ResponseSource, wishOf } from './answer.ts'
import { spoken } from './spoken.ts'

/** Between whom an answer is converted, and how. */
export interface ConvertResponseOptions extends AnswerSettings {
  /** The dialect of the response: the upstream's. */
  readonly from: DialectName
  /** The dialect that is wanted: the client's. */
  readonly to: DialectName
  /**
   * Whether to answer with a stream or with a whole body, whatever the response is. Default: what the client
   * of `request` wants; without one, what the response is.
   */
  readonly stream?: boolean
}

/**
 * An upstream's answer as a client of another dialect knows it: a stream event by event, a whole body as a
 * whole body, an error status and an error in mid-stream in the client's own form, an answer that breaks off
 * as an error and a visible cut. Within one dialect the bytes pass as they are.
 *
 * The body is read as fast as the returned one is, and cancelling that one cancels it. Headers cross but for
 * those of the connection and of the old body. What the request lost stands in `x-millrace-losses`, what the
 * answer lost in the report for `onReport`.
 *
 * @param response what `fetch` gives: its body is read, here alone. Given the promise of it, an upstream that
 *   cannot be reached is an answer too, 502 or 504
 * @returns resolves when the first event has come, so that an error in its place is a status
 * @throws {MillraceError} `bad-request` when there is no dialect of that name
 * @throws the signal's reason when it is aborted before the head is decided
 */
export async function convertResponse(response: ResponseSource, options: ConvertResponseOptions): Promise<Response> {
  const { request, stream = request?.wantsStream } = options
  const adapter = adapterOf(options)
  const asks = await wishOf(response, request)
  const wants = stream === undefined ? asks : stream ? 'stream' : 'whole'
  return answerWith(response, { adapter, wants, asks }, options).response
}

function adapterOf({ from, to, request, issuer = request?.issuer ?? '', redact }: ConvertResponseOptions): Adapter {
  const [upstream, client] = [spoken(from), spoken(to)]
  const more = redact === undefined ? { issuer } : { issuer, redact }
  if (upstream === client) return relayAdapter(client, { edits: request?.edits ?? [], ...more })
  return createAdapter({ from: client.name, to: upstream.name }, more)
}
