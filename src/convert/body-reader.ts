import { GrowingBytes, toUtf8 } from '../bytes.ts'
import { withCustomCalls } from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
import { parseExact } from '../json/index.ts'
import { type Candidate, Fold, type Message } from '../model/index.ts'
import { type AnswerOptions, sharedMemory } from './answer.ts'
import { crossingFailure } from './failure.ts'
import { AnswerShare } from './memory.ts'
import { faultOf } from './stream-reader.ts'

/** Holds an upstream's whole body, and reads the answer in it. Never throws. */
export class BodyReader {
  readonly #options: AnswerOptions
  readonly #kept = new GrowingBytes()
  readonly #share: AnswerShare
  #refused: Failure | undefined

  constructor(options: AnswerOptions) {
    this.#options = options
    this.#share = new AnswerShare(options.memory ?? sharedMemory, options.messageBytes)
  }

  /** @returns why the body cannot be held any longer */
  push(chunk: Uint8Array): Failure | undefined {
    this.#refused ??= this.#share.grow(chunk.length)
    if (this.#refused === undefined) this.#kept.push(chunk)
    else this.release()
    return this.#refused
  }

  /** What has come of the body; valid until it is released. */
  get bytes(): Uint8Array {
    return this.#kept.bytes
  }

  release(): void {
    this.#kept.clear()
    this.#share.release()
  }

  /** The answer, once the body has ended; what is no answer is a failure, and so is one that tells an error. */
  read(): Message | Failure {
    if (this.#refused !== undefined) return this.#refused
    const text = toUtf8(this.#kept.bytes)
    try {
      const message = this.#decode(parse(text))
      if (message.failure !== undefined) return crossingFailure(message.failure, this.#options)
      if (!message.candidates.some(isAnswer)) return noAnswer(text)
      const { client, upstream, request } = this.#options
      return client.name === upstream.name ? message : withCustomCalls(message, request)
    } catch (error) {
      if (!(error instanceof SyntaxError)) return faultOf(error)
      return isTorn(text) ? failure('truncated', 'Upstream ended the body in the middle') : noAnswer(text)
    }
  }

  #decode(value: unknown): Message {
    const { codec } = this.#options.upstream
    const context = { issuer: this.#options.issuer ?? '' }
    if (!Array.isArray(value)) return codec.decodeMessage(value as Readonly<Record<string, unknown>>, context)
    // The items of an array are the chunks of a stream (Gemini without `alt=sse`).
    const fold = new Fold()
    const decoder = codec.createStreamDecoder(context, event => fold.push(event))
    for (const item of value) decoder.push({ data: JSON.stringify(item) })
    decoder.end()
    return fold.message
  }
}

export function isFailure(read: Message | Failure): read is Failure {
  return 'code' in read
}

/** @throws {SyntaxError} for what is neither an object nor an array */
function parse(text: string): object {
  const value = parseExact(text)
  if (typeof value !== 'object' || value === null) throw new SyntaxError('neither an object nor an array')
  return value
}

/** Whether a text that is no JSON looks like the beginning of some. */
function isTorn(text: string): boolean {
  const said = text.trim()
  return said === '' || (/^[[{]/.test(said) && !/[\]}]$/.test(said))
}

/** Something was said, or it was said why nothing is. */
function isAnswer({ parts, finish }: Candidate): boolean {
  return parts.length > 0 || finish?.raw !== undefined
}

const SHOWN = 200

function noAnswer(text: string): Failure {
  const line = text
    .slice(0, 2 * SHOWN)
    .replace(/\s+/g, ' ')
    .trim()
  const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line
  return failure('upstream', `Cannot read the upstream's answer: it is no answer of its API, got "${shown}"`)
}
