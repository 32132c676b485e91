import { StreamReader } from '../convert/index.ts'
import type { DialectName, Reading } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { DEFAULT_LIMITS } from '../exchange/index.ts'
import { Losses, type StreamEvent } from '../model/index.ts'
import { spoken } from './spoken.ts'

/** What a decoder may need to know of its stream. */
export interface DecoderOptions {
  /** Whose signatures and other seals the stream holds: the upstream's origin, say. Default: nobody's. */
  readonly issuer?: string
  /** The longest event, in bytes; a longer one fails the answer. Default 8 MiB. */
  readonly maxEventBytes?: number
}

/**
 * Reads the bytes of one stream into neutral events, as they arrive. Made by {@link createDecoder}.
 *
 * Whatever it is given, it never throws, and what it emits keeps the grammar of {@link StreamEvent}: what is
 * no answer of the dialect, and an answer that breaks off, end with an `error` event.
 */
export class AnswerDecoder {
  /** What has been read so far: usage, finish, the model and the failure among it. */
  readonly reading: Reading
  readonly #reader: StreamReader
  #emit: (event: StreamEvent) => void = () => {}

  constructor(dialect: DialectName, { issuer, maxEventBytes = DEFAULT_LIMITS.eventBytes }: DecoderOptions = {}) {
    const both = spoken(dialect)
    this.#reader = new StreamReader(
      {
        ...{ client: both, upstream: both, issuer, losses: new Losses() },
        ...{ eventBytes: maxEventBytes, messageBytes: DEFAULT_LIMITS.messageBytes },
      },
      event => this.#emit(event),
    )
    this.reading = this.#reader.reading
  }

  /**
   * Reads more of the stream; a chunk may end anywhere, and is not kept.
   * @param emit called during the call, once for each event
   */
  push(chunk: Uint8Array, emit: (event: StreamEvent) => void): void {
    this.#emit = emit
    this.#reader.push(chunk)
  }

  /** The stream has ended; an answer without its finish fails as `truncated`. Once. */
  end(emit: (event: StreamEvent) => void): void {
    this.#emit = emit
    this.#reader.end()
    const { isFinished, isTerminal, failure: told } = this.reading
    if (!isFinished && !isTerminal && told === undefined)
      this.#reader.fail(failure('truncated', 'Upstream ended the stream without its terminal event'))
  }
}

/**
 * A decoder of one stream of a dialect: bytes in, neutral events out.
 *
 * ```ts
 * const decoder = createDecoder('messages')
 * for await (const chunk of response.body) decoder.push(chunk, event => console.log(event.type))
 * decoder.end(event => console.log(event.type))
 * ```
 *
 * @throws {MillraceError} `bad-request` when there is no dialect of that name
 */
export function createDecoder(dialect: DialectName, options?: DecoderOptions): AnswerDecoder {
  return new AnswerDecoder(dialect, options)
}
