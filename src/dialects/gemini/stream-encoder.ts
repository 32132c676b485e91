import { toUtf8 } from '../../bytes.ts'
import type { Failure } from '../../errors.ts'
import type { StreamEvent } from '../../model/index.ts'
import type { Emit, EncodeAnswerContext, StreamEncoder } from '../codec.ts'
import type { Match } from '../dialect.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { type AnswerSink, AnswerWriter, type EndedCandidate } from './answer-writer.ts'
import { failure } from './failure.ts'
import type { WrittenAnnotations } from './grounding-writer.ts'

/** How chunks become a body. */
interface Framing {
  /** @param json one chunk */
  chunk(json: string): void
  ping(): void
  fail(failure: Failure): void
  end(): void
}

/** Writes the chunks of a stream of events. */
class ChunkSink implements AnswerSink {
  readonly #framing: Framing
  /** What follows the candidates in each chunk. */
  #tail = ']}'
  #envelope: Wire = {}
  /** What stands around the text, by candidate; of thoughts and of visible text. */
  readonly #thoughtTails: string[] = []
  readonly #textTails: string[] = []
  #serviceTier: string | undefined
  #isWritten = false

  constructor(framing: Framing) {
    this.#framing = framing
  }

  start(envelope: Wire, serviceTier: string | undefined): void {
    this.#envelope = envelope
    this.#serviceTier = serviceTier
    const members = JSON.stringify(
      serviceTier === undefined ? envelope : { usageMetadata: { serviceTier }, ...envelope },
    )
    this.#tail = members === '{}' ? ']}' : `],${members.slice(1)}`
  }

  text(choice: number, isThought: boolean, text: string): void {
    this.#isWritten = true
    const tails = isThought ? this.#thoughtTails : this.#textTails
    const tail = tails[choice] ?? this.#makeTail(tails, choice, isThought)
    this.#framing.chunk(`{"candidates":[{"content":{"parts":[{"text":${JSON.stringify(text)}${tail}`)
  }

  part(choice: number, part: Wire, beside: Wire = {}): void {
    this.#isWritten = true
    const candidate = { content: { parts: [part], role: 'model' }, index: choice, ...beside }
    this.#framing.chunk(`{"candidates":[${JSON.stringify(candidate)}${this.#tail}`)
  }

  /** An empty text in the same chunk is the part they count in: clients append it to the text before. */
  annotate(choice: number, write: (part: number) => WrittenAnnotations): void {
    this.part(choice, { text: '' }, { ...write(0) })
  }

  end(ended: readonly EndedCandidate[], usage: Wire | undefined, members: Wire): void {
    const usageMetadata = defined<Wire>({ serviceTier: this.#serviceTier, ...usage })
    const candidates = ended.map(({ choice, finishReason, members }) => ({
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason,
      index: choice,
      ...members,
    }))
    const chunk = {
      ...(candidates.length === 0 ? {} : { candidates }),
      ...members,
      ...(Object.keys(usageMetadata).length === 0 ? {} : { usageMetadata }),
      ...this.#envelope,
    }
    this.#framing.chunk(JSON.stringify(chunk))
    this.#framing.end()
  }

  /** What an answer that fails leaves unsaid; whose answer it was, if nothing of it was written. */
  rest({ usageMetadata, ...members }: Wire): void {
    const usage = defined<Wire>({ ...objectOf(usageMetadata), serviceTier: this.#serviceTier })
    const isUsed = Object.keys(usage).length > 0
    const chunk = { ...members, ...(isUsed ? { usageMetadata: usage } : {}), ...this.#envelope }
    const isNews = usageMetadata !== undefined || Object.keys(members).length > 0 || !this.#isWritten
    if (isNews && Object.keys(chunk).length > 0) this.#framing.chunk(JSON.stringify(chunk))
  }

  #makeTail(tails: string[], choice: number, isThought: boolean): string {
    const thought = isThought ? ',"thought":true' : ''
    const tail = `${thought}}],"role":"model"},"index":${choice}}${this.#tail}`
    tails[choice] = tail
    return tail
  }
}

class GeminiStreamEncoder implements StreamEncoder {
  readonly #framing: Framing
  readonly #sink: ChunkSink
  readonly #writer: AnswerWriter

  constructor(context: EncodeAnswerContext, framing: Framing) {
    this.#framing = framing
    this.#sink = new ChunkSink(framing)
    this.#writer = new AnswerWriter(context, this.#sink)
  }

  push(event: StreamEvent): void {
    if (event.type === 'ping') this.#framing.ping()
    else if (event.type === 'error') this.#fail(event)
    else this.#writer.push(event)
  }

  settle(): void {
    this.#writer.settle()
  }

  #fail({ failure, native }: ErrorEvent): void {
    this.#sink.rest(this.#writer.failed(native))
    this.#framing.fail(failure)
  }
}

type ErrorEvent = Extract<StreamEvent, { readonly type: 'error' }>

/** Events, as with `alt=sse`. */
class SseFraming implements Framing {
  readonly #write: Emit<string>

  constructor(write: Emit<string>) {
    this.#write = write
  }

  chunk(json: string): void {
    this.#write(`data: ${json}\r\n\r\n`)
  }

  /** A blank line: Google's Python client takes a comment for the beginning of JSON. */
  ping(): void {
    this.#write('\r\n')
  }

  fail(failed: Failure): void {
    this.#write(failure.encodeInStream(failed, undefined))
  }

  end(): void {}
}

/** The items of one array, as without `alt=sse`. */
class ArrayFraming implements Framing {
  readonly #write: Emit<string>
  #separator = '['

  constructor(write: Emit<string>) {
    this.#write = write
  }

  chunk(json: string): void {
    this.#write(`${this.#separator}${json}\n`)
    this.#separator = ',\r\n'
  }

  /** White space between items. */
  ping(): void {
    this.#write('\r\n')
  }

  fail(failed: Failure): void {
    this.chunk(toUtf8(failure.encode(failed)))
    this.end()
  }

  end(): void {
    this.#write(']')
  }
}

export function createStreamEncoder(context: EncodeAnswerContext, write: Emit<string>): StreamEncoder {
  return new GeminiStreamEncoder(context, new SseFraming(write))
}

export function createArrayEncoder(context: EncodeAnswerContext, write: Emit<string>): StreamEncoder {
  return new GeminiStreamEncoder(context, new ArrayFraming(write))
}

/** Whether a path asks for a stream, and its query not for events. */
export function wantsArray({ path, stream }: Match): boolean {
  return path.endsWith(':streamGenerateContent') && stream === false
}
