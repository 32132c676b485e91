import { type Failure, failure } from '../../errors.ts'
import { EventWriter, type StreamEvent } from '../../model/index.ts'
import type { SseEvent } from '../../sse/index.ts'
import type { DecodeAnswerContext, Emit, StreamDecoder } from '../codec.ts'
import { countOf, itemsOf, objectOf, parseJson, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { CandidateReader } from './candidate.ts'
import { decodeChatEvent } from './failure.ts'
import { Pocket } from './pocket.ts'
import { decodeUsage, nativeOf } from './tables.ts'
import type { ChatChoice, ChatChunk, ChatUsage } from './wire.ts'

/** What is read, or said on every chunk and means nothing: padding, and names of objects. */
const CHUNK_MEMBERS: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'service_tier',
  'choices',
  'usage',
  'x_groq',
  'error',
  'obfuscation',
  // Mistral's padding.
  'p',
])

const ENDED_EARLY = 'Upstream ended the stream without its terminal event: not every choice has a finish reason'

export function createStreamDecoder(context: DecodeAnswerContext, emit: Emit<StreamEvent>): StreamDecoder {
  return new ChatDecoder(context, emit)
}

/**
 * Reads the chunks of one stream.
 *
 * The start is held until a chunk has a choice or an id: Azure sends one with empty members first. The
 * finishes are held until the end, since usage and second thoughts follow them.
 */
export class ChatDecoder implements StreamDecoder {
  readonly #writer: EventWriter
  readonly #issuer: string
  readonly #candidates = new Map<number, CandidateReader>()
  readonly #pocket = new Pocket()
  /** Frames that are no chunks, while the start is held. */
  readonly #early: [name: string | undefined, members: Wire][] = []
  #serviceTier: string | undefined
  #hasFailed = false

  constructor({ issuer }: DecodeAnswerContext, emit: Emit<StreamEvent>) {
    this.#writer = new EventWriter(emit)
    this.#issuer = issuer
  }

  get isFinished(): boolean {
    return !this.#hasFailed && this.#writer.isFinished
  }

  get isTerminal(): boolean {
    return this.#writer.hasEnded
  }

  push({ event, data }: SseEvent): void {
    if (this.#writer.hasEnded) return
    if (data.length < MAX_DONE && data.trim() === '[DONE]') return this.finish()
    const chunk = objectOf<ChatChunk>(parseJson(data))
    if (chunk === undefined) this.#writeNative(event, { data })
    else this.read(event, chunk)
  }

  /** Reads a chunk, or a whole completion as the only one. */
  read(event: string | undefined, chunk: Unread<ChatChunk>): void {
    const choices = itemsOf(chunk.choices)
    const failed = mayFail(event, chunk, choices) ? decodeChatEvent(event, chunk) : undefined
    if (failed === undefined && !isChunk(chunk)) return this.#writeNative(event, chunk as Wire)
    this.#readEnvelope(chunk)
    for (let position = 0; position < choices.length; position++) {
      const choice = objectOf<ChatChoice>(choices[position])
      if (choice === undefined) continue
      this.#candidate(countOf(choice.index) ?? position).read(choice)
      if (choice.usage !== undefined) this.#readUsage(choice.usage)
    }
    if (chunk.x_groq !== undefined) this.#readUsage(objectOf<ChatChunk['x_groq']>(chunk.x_groq)?.usage)
    if (chunk.usage !== undefined) this.#readUsage(chunk.usage)
    if (failed !== undefined) this.fail(failed)
  }

  end(): void {
    if (this.#writer.hasEnded) return
    if (this.#writer.isFinished) this.finish()
    else this.fail(failure('truncated', ENDED_EARLY))
  }

  fail(failed: Failure): void {
    this.#hasFailed ||= !this.#writer.hasEnded
    this.#writer.fail(failed)
  }

  /** The answer is complete, whatever its candidates said of it. */
  finish(): void {
    if (this.#writer.hasEnded) return
    this.#start({})
    for (const candidate of this.#candidates.values()) candidate.end()
    const native = this.#pocket.take()
    this.#writer.end(native === undefined ? {} : { native })
  }

  #candidate(index: number): CandidateReader {
    let candidate = this.#candidates.get(index)
    if (candidate === undefined) {
      candidate = new CandidateReader(this.#writer, index, this.#issuer)
      this.#candidates.set(index, candidate)
    }
    return candidate
  }

  #readEnvelope(chunk: Unread<ChatChunk>): void {
    for (const name in chunk) if (!CHUNK_MEMBERS.has(name)) this.#pocket.note(name, (chunk as Wire)[name])
    const groq = objectOf(chunk.x_groq)
    if (groq !== undefined) this.#pocket.note('x_groq', restOf(groq, GROQ_MEMBERS))
    const serviceTier = textOf(chunk.service_tier)
    if (this.#writer.hasStarted) {
      if (serviceTier !== undefined && serviceTier !== this.#serviceTier) this.#pocket.note('service_tier', serviceTier)
    } else if (textOf(chunk.id) !== undefined || itemsOf(chunk.choices).length > 0) this.#start(chunk)
  }

  #start(chunk: Unread<ChatChunk>): void {
    if (this.#writer.hasStarted) return
    this.#serviceTier = textOf(chunk.service_tier)
    this.#writer.start({
      id: textOf(chunk.id),
      model: textOf(chunk.model),
      createdAt: countOf(chunk.created),
      serviceTier: this.#serviceTier,
      native: this.#pocket.take(),
    })
    for (const [name, members] of this.#early) this.#writer.native(name, nativeOf({ ...members }))
  }

  #readUsage(value: unknown): void {
    const usage = objectOf<ChatUsage>(value)
    if (usage === undefined) return
    this.#start({})
    this.#writer.usage(decodeUsage(usage))
  }

  #writeNative(name: string | undefined, members: Wire): void {
    if (this.#writer.hasStarted) this.#writer.native(name, nativeOf({ ...members }))
    else if (this.#early.length < MAX_EARLY) this.#early.push([name, members])
  }
}

const MAX_EARLY = 100

/** Longer data is not `[DONE]`, whatever blanks it has. */
const MAX_DONE = 32

/** Whether it is worth asking what failed: on plain deltas the question costs more than the reading. */
function mayFail(event: string | undefined, chunk: Unread<ChatChunk>, choices: readonly unknown[]): boolean {
  if (event === 'error' || chunk.error !== undefined || chunk.object === 'error') return true
  for (const item of choices) {
    const choice = objectOf<ChatChoice>(item)
    if (choice !== undefined && (choice.error !== undefined || choice.finish_reason === 'error')) return true
  }
  return false
}

const GROQ_MEMBERS: ReadonlySet<string> = new Set(['usage'])

/** Whether a JSON object says anything of an answer. */
function isChunk(chunk: Unread<ChatChunk>): boolean {
  return (
    chunk.choices !== undefined || chunk.id !== undefined || chunk.usage !== undefined || chunk.x_groq !== undefined
  )
}
