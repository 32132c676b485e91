/** Streams through the edit lane, with functions that map their events. */
import { DIALECTS, type Edit } from '../../src/dialects/index.ts'
import { failure } from '../../src/errors.ts'
import { DEFAULT_LIMITS, relayAdapter } from '../../src/exchange/index.ts'
import { Losses, type MapEvents } from '../../src/model/index.ts'
import { ISSUER, type Speaker } from '../hub/codecs.ts'

export interface Mapped {
  readonly bytes: Buffer
  readonly edits: readonly Edit[]
  readonly losses: Losses
}

const TORN = failure('truncated', 'Upstream ended the stream without its terminal event')

/**
 * What a client gets of a stream.
 * @param mapEvents undefined: the stream is relayed
 */
export function mapped({ name }: Speaker, chunks: readonly Uint8Array[], mapEvents: MapEvents | undefined): Mapped {
  const edits = new Set<Edit>()
  const losses = new Losses()
  const limits = DEFAULT_LIMITS
  const context = { clientModel: undefined, shape: 'stream', limits, edits, losses, mapEvents } as const
  const stage = relayAdapter(DIALECTS[name], { issuer: ISSUER }).stage(context)
  const sent: Buffer[] = []
  const send = (bytes: Uint8Array) => sent.push(Buffer.from(bytes))
  for (const chunk of chunks) stage.push(chunk, send)
  stage.end(send)
  const { isFinished, isTerminal, failure: told } = stage.seen.reading
  if (!isFinished && !isTerminal && told === undefined) stage.fail(TORN, send)
  stage.release?.()
  return { bytes: Buffer.concat(sent), edits: [...edits], losses }
}
