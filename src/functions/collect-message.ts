import type { DialectName, Wire } from '../dialects/index.ts'
import { failure, StreamingError } from '../errors.ts'
import { convertAdapter } from '../exchange/index.ts'
import type { Message } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { type AnswerSettings, answerWith, type ResponseSource, wishOf } from './answer.ts'
import { spoken } from './spoken.ts'

/** What is collected, and what it is to become. */
export interface CollectMessageOptions extends AnswerSettings {
  /** The dialect of the stream. */
  readonly from: DialectName
  /** The dialect of the body. Default: that of the stream. */
  readonly to?: DialectName
}

/** A stream as one whole answer. */
export interface CollectedMessage {
  /** The answer in the neutral model. */
  readonly message: Message
  /** The whole answer as the API of `to` gives one, parsed. */
  readonly body: Wire
  /** What is known of its way. */
  readonly report: StreamReport
}

/**
 * All of a stream as one whole answer: what the upstream's own endpoint without streaming would have said,
 * and the same in the neutral model. A whole answer is taken too.
 *
 * @param source a response or the promise of one, or the bytes of a stream; held in memory up to `limits.messageBytes`
 * @throws {StreamingError} with `status` and `code` when the answer is an error, breaks off, cannot be read or is
 *   too large
 * @throws {MillraceError} `bad-request` when there is no dialect of that name
 * @throws the signal's reason when it is aborted
 */
export async function collectMessage(
  source: ResponseSource | ReadableStream<Uint8Array>,
  options: CollectMessageOptions,
): Promise<CollectedMessage> {
  const { from, to = from, request, issuer = request?.issuer ?? '' } = options
  let message: Message | undefined
  const adapter = convertAdapter(spoken(to), spoken(from), {
    issuer,
    ...(options.redact === undefined ? {} : { redact: options.redact }),
    onMessage: collected => {
      message = collected
    },
  })
  const response = toResponse(source)
  const asks = await wishOf(response, request)
  const answer = answerWith(response, { adapter, wants: 'whole', asks }, options)
  const text = await (await answer.response).text()
  const [report, failed] = await Promise.all([answer.report, answer.failure])
  if (failed !== undefined) throw new StreamingError(failed)
  if (message === undefined) throw new StreamingError(failure('upstream', 'Cannot collect the answer: nothing came'))
  return { message, body: JSON.parse(text) as Wire, report }
}

function toResponse(source: ResponseSource | ReadableStream<Uint8Array>): ResponseSource {
  if (!('getReader' in source)) return source
  return new Response(source as ReadableStream<Uint8Array<ArrayBuffer>>, {
    headers: { 'content-type': 'text/event-stream' },
  })
}
