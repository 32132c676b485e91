import { type Failure, failure } from '../../errors.ts'
import {
  EventWriter,
  finishOf,
  type Logprob,
  type MessageStart,
  type NewBlock,
  type Part,
  type StreamEvent,
  writePart,
} from '../../model/index.ts'
import type { DecodeAnswerContext, Emit } from '../codec.ts'
import { countOf, defined, hasError, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { PartialArgs } from './args.ts'
import { CallIds } from './call-ids.ts'
import { Candidate } from './candidate.ts'
import { meaningOf, readSignature } from './carrier.ts'
import { decodeGeminiEvent } from './failure.ts'
import { groundingRest } from './grounding-reader.ts'
import { ChunkLogprobs, writeLogprobs } from './logprobs.ts'
import { decodePart, nativeOf, nativePart, sealsOf, toText } from './part.ts'
import { hasAnnotations, PartAnnotations } from './part-annotations.ts'
import { FINISHES, toUsage } from './tables.ts'
import { fromCreateTime, toCreateTime } from './time.ts'
import type { GeminiCall, GeminiCandidate, GeminiChunk, GeminiContent, GeminiPart, GeminiUsage } from './wire.ts'

const CHUNK: ReadonlySet<string> = new Set([
  'candidates',
  'usageMetadata',
  'modelVersion',
  'responseId',
  'createTime',
  'error',
])
const CANDIDATE: ReadonlySet<string> = new Set([
  'index',
  'content',
  'finishReason',
  'groundingMetadata',
  'citationMetadata',
  'logprobsResult',
])
const TEXT_PART: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature'])
const CALL_PART: ReadonlySet<string> = new Set(['functionCall', 'thoughtSignature'])
const CALL: ReadonlySet<string> = new Set(['id', 'name', 'args', 'partialArgs', 'willContinue'])

/**
 * Reads the chunks of an answer, of which a whole body is one.
 *
 * Text is appended to the open block until a part of another sort comes. A signature on a text part, empty
 * or not, becomes a block of its own behind the text: Google sends the same token both ways, and it has to
 * come back to the same place.
 */
export class AnswerReader {
  readonly #writer: EventWriter
  readonly #issuer: string
  readonly #ids: CallIds
  readonly #candidates = new Map<number, Candidate>()
  /** The last explicit value of each member. */
  readonly #usage: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  #hasUsage = false
  #serviceTier: string | undefined
  /** The tier, where the start did not know it yet. */
  #endTier: string | undefined
  readonly #natives: Record<string, unknown> = {}

  /** @param ids where other answers have given ids before */
  constructor({ issuer }: DecodeAnswerContext, emit: Emit<StreamEvent>, ids: CallIds = new CallIds()) {
    this.#ids = ids
    this.#writer = new EventWriter(emit)
    this.#issuer = issuer
  }

  get hasStarted(): boolean {
    return this.#writer.hasStarted
  }

  get isFinished(): boolean {
    return this.#writer.isFinished
  }

  get hasEnded(): boolean {
    return this.#writer.hasEnded
  }

  /** @param data of something that is no chunk */
  readUnknown(name: string | undefined, data: string): void {
    this.#writer.native(name, nativeOf({ data }))
  }

  /** An error after the finish ends the answer and does not undo it; beside it, it does. */
  read(chunk: Unread<GeminiChunk>): void {
    const failed = hasError(chunk)
    const { isFinished } = this.#writer
    if (!this.#writer.hasStarted && !(failed && chunk.candidates === undefined)) this.#start(chunk)
    const { candidates } = chunk
    if (Array.isArray(candidates))
      for (let at = 0; at < candidates.length; at++) this.#readCandidate(at, objectOf(candidates[at]) ?? {})
    for (const name in chunk)
      if (!CHUNK.has(name)) {
        this.#readNatives(chunk)
        break
      }
    if (chunk.usageMetadata !== undefined) this.readUsage(chunk.usageMetadata)
    const failure = failed ? decodeGeminiEvent(chunk) : undefined
    if (failure === undefined) return
    if (isFinished) this.#complete()
    else this.fail(failure)
  }

  /** Reads more text of a candidate that says nothing else. */
  readPlain(choice: number, isThought: boolean, text: string): void {
    const candidate = this.#candidate(choice)
    this.#writer.text(this.#openFor(candidate, isThought ? 'reasoning' : 'text'), text)
    if (!isThought) candidate.text += text
  }

  /** The bytes have ended. */
  end(): void {
    if (this.#writer.isFinished) this.#complete()
    else this.fail(failure('truncated', 'Upstream ended the stream before its end: no finishReason'))
  }

  fail(failure: Failure): void {
    for (const candidate of this.#candidates.values()) this.#tellSources(candidate)
    this.tellUsage()
    this.#writer.fail(failure, this.#nativesNow())
  }

  /** The counts that came last. */
  tellUsage(): void {
    if (this.#hasUsage) this.#writer.usage(toUsage(this.#usage))
  }

  #start(chunk: Unread<GeminiChunk>): void {
    const id = textOf(chunk.responseId)
    const createTime = textOf(chunk.createTime)
    const createdAt = createTime === undefined ? undefined : fromCreateTime(createTime)
    this.#serviceTier = textOf(objectOf<GeminiUsage>(chunk.usageMetadata)?.serviceTier)
    const isExact = createdAt !== undefined && toCreateTime(createdAt) === createTime
    if (id !== undefined) this.#ids.prefix = `call_${id}_`
    this.#writer.start({
      id,
      model: textOf(chunk.modelVersion),
      ...defined<Omit<MessageStart, 'type' | 'id' | 'model'>>({
        createdAt,
        serviceTier: this.#serviceTier,
        native: createTime === undefined || isExact ? undefined : nativeOf({ createTime }),
      }),
    })
  }

  #complete(): void {
    for (const candidate of this.#candidates.values()) {
      this.#finishCall(candidate)
      this.#close(candidate)
      this.#tellSources(candidate)
    }
    this.tellUsage()
    const native = this.#nativesNow()
    this.#writer.end(defined({ serviceTier: this.#endTier, native }))
  }

  #tellSources({ choice, grounding }: Candidate): void {
    for (const annotation of grounding.rest()) this.#writer.annotate(choice, annotation)
  }

  #nativesNow() {
    return Object.keys(this.#natives).length === 0 ? undefined : nativeOf(this.#natives)
  }

  /** Members that only we know; the last word on each counts. A prompt that is blocked has no candidates. */
  #readNatives(chunk: Unread<GeminiChunk>): void {
    assign(this.#natives, restOf(chunk, CHUNK))
    const raw = textOf(objectOf<GeminiChunk['promptFeedback']>(chunk.promptFeedback)?.blockReason)
    if (raw !== undefined) this.#writer.finish(0, { reason: 'filtered', raw })
  }

  /** The first counts are told at once, since some clients begin with them; the others at the end. */
  readUsage(value: unknown): void {
    const usage = objectOf<GeminiUsage>(value) ?? {}
    for (const name in usage) {
      const said = (usage as Wire)[name]
      if (name === 'serviceTier') this.#readTier(textOf(said))
      else if (said !== null) this.#usage[name] = said
    }
    if (this.#hasUsage) return
    const { native: _, ...counts } = toUsage(this.#usage)
    this.#hasUsage = Object.keys(this.#usage).length > 0
    if (Object.keys(counts).length > 0) this.#writer.usage(counts)
  }

  /** What the start has told is not told again. */
  #readTier(tier: string | undefined): void {
    if (tier !== undefined && tier !== this.#serviceTier) this.#endTier = tier
  }

  #readCandidate(position: number, value: Unread<GeminiCandidate>): void {
    const choice = countOf(value.index) ?? position
    const candidate = this.#candidate(choice)
    const logprobs = value.logprobsResult === undefined ? undefined : new ChunkLogprobs(value.logprobsResult)
    const annotations = hasAnnotations(value) ? new PartAnnotations(this.#writer, candidate, value) : undefined
    const parts = objectOf<GeminiContent>(value.content)?.parts
    if (Array.isArray(parts))
      for (let at = 0; at < parts.length; at++) {
        const part: Unread<GeminiPart> = objectOf(parts[at]) ?? {}
        this.#readPart(candidate, part, logprobs?.take(part))
        annotations?.ofPart(at)
      }
    if (logprobs !== undefined) this.#readLogprobs(candidate, logprobs.rest)
    annotations?.ofCandidate()
    for (const name in value) if (!CANDIDATE.has(name)) this.#noteNative(candidate, name, (value as Wire)[name])
    if (value.groundingMetadata !== undefined) this.#readGroundingRest(candidate, value.groundingMetadata)
    candidate.finish = textOf(value.finishReason) ?? candidate.finish
    if (candidate.finish !== undefined) this.#finish(candidate, candidate.finish)
  }

  #candidate(choice: number): Candidate {
    let candidate = this.#candidates.get(choice)
    if (candidate === undefined) {
      candidate = new Candidate(choice)
      this.#candidates.set(choice, candidate)
      this.#writer.touch(choice)
    }
    return candidate
  }

  /** Probabilities in a chunk without text are those of the text before. */
  #readLogprobs(candidate: Candidate, logprobs: readonly Logprob[]): void {
    if (logprobs.length === 0) return
    if (candidate.openKind === 'text') this.#writer.text(candidate.open ?? -1, '', logprobs)
    else this.#noteNative(candidate, 'logprobsResult', writeLogprobs(logprobs))
  }

  #readGroundingRest(candidate: Candidate, grounding: unknown): void {
    const rest = groundingRest(objectOf(grounding) ?? {})
    if (rest === undefined) return
    this.#noteNative(candidate, 'groundingMetadata', { ...objectOf(candidate.natives?.groundingMetadata), ...rest })
  }

  #noteNative(candidate: Candidate, name: string, value: unknown): void {
    candidate.natives ??= {}
    assign(candidate.natives, { [name]: value })
  }

  #finish({ choice, natives }: Candidate, raw: string): void {
    const finish = finishOf(FINISHES, raw)
    this.#writer.finish(choice, natives === undefined ? finish : { ...finish, native: nativeOf(natives) })
  }

  #readPart(candidate: Candidate, part: Unread<GeminiPart>, logprobs: readonly Logprob[] | undefined): void {
    if (typeof part.text === 'string') this.#readText(candidate, part, part.text, logprobs)
    else if (objectOf(part.functionCall) !== undefined)
      this.#readCall(candidate, part, objectOf(part.functionCall) ?? {})
    else this.#readOther(candidate, part)
  }

  #readText(
    candidate: Candidate,
    part: Unread<GeminiPart>,
    text: string,
    logprobs: readonly Logprob[] | undefined,
  ): void {
    const kind = part.thought === true ? 'reasoning' : 'text'
    for (const name in part)
      if (!TEXT_PART.has(name)) {
        this.#open(candidate, { kind, form: 'full', native: nativeOf(restOf(part, TEXT_PART) ?? {}) })
        break
      }
    if (text !== '') {
      this.#writer.text(this.#openFor(candidate, kind), text, logprobs)
      if (kind === 'text') candidate.text += text
    }
    const signature = part.thoughtSignature
    if (typeof signature === 'string' && signature !== '') this.#readSignature(candidate, kind, signature)
  }

  #readSignature(candidate: Candidate, kind: 'text' | 'reasoning', text: string): void {
    const signature = readSignature(text, kind === 'text' ? 'encrypted' : 'signature', this.#issuer)
    if (signature.type === 'parts') {
      for (const part of signature.parts) this.#readCarried(candidate, part)
      return
    }
    if (kind === 'text') this.#close(candidate)
    const index = this.#openFor(candidate, 'reasoning')
    this.#writer.seal(index, signature.seal)
    this.#close(candidate)
  }

  #readCarried(candidate: Candidate, part: Part): void {
    const meaning = part.kind === 'reasoning' ? meaningOf(part) : 'part'
    if (meaning === 'break') {
      if (candidate.openKind === 'reasoning') this.#writer.breakPart(candidate.open ?? -1)
    } else if (meaning === 'opening' && part.kind === 'reasoning') {
      this.#open(candidate, { kind: 'reasoning', form: part.form, item: part.item, native: part.native })
    } else this.#writePart(candidate, part)
  }

  #readCall(candidate: Candidate, part: Unread<GeminiPart>, data: Unread<GeminiCall>): void {
    this.#close(candidate)
    const text = textOf(part.thoughtSignature)
    const signature = text === undefined ? undefined : readSignature(text, 'signature', this.#issuer)
    if (signature?.type === 'parts') {
      for (const carried of signature.parts) this.#readCarried(candidate, carried)
      return
    }
    if (candidate.call === undefined || textOf(data.name) !== undefined) this.#openCall(candidate, part, data)
    const { call } = candidate
    if (call === undefined) return
    if (signature !== undefined) this.#writer.seal(call.index, signature.seal)
    call.args = data.args ?? call.args
    call.pieces.push(data.partialArgs)
    if (data.willContinue !== true) this.#finishCall(candidate)
  }

  #openCall(candidate: Candidate, part: Unread<GeminiPart>, data: Unread<GeminiCall>): void {
    this.#finishCall(candidate)
    const name = textOf(data.name) ?? ''
    const members: Record<string, unknown> = { ...restOf(part, CALL_PART) }
    const rest = restOf(data, CALL)
    if (rest !== undefined) members.functionCall = rest
    const block = {
      kind: 'tool-call',
      choice: candidate.choice,
      callId: this.#ids.call(textOf(data.id), name),
      name,
      runBy: 'client',
      input: 'json',
    } as const
    const native = Object.keys(members).length === 0 ? {} : { native: nativeOf(members) }
    candidate.call = { index: this.#writer.open({ ...block, ...native }), pieces: new PartialArgs(), args: undefined }
  }

  /** Arguments are told in one piece: a later piece may belong into the middle of the text. */
  #finishCall(candidate: Candidate): void {
    const { call } = candidate
    if (call === undefined) return
    candidate.call = undefined
    const whole = call.args === undefined ? call.pieces.json : toText(call.args)
    this.#writer.payload(call.index, whole ?? '{}')
    this.#writer.close(call.index)
  }

  /** A part that comes whole. What no stream can say is native. */
  #readOther(candidate: Candidate, wire: Unread<GeminiPart>): void {
    if (Object.keys(wire).every(name => TEXT_PART.has(name))) {
      this.#readText(candidate, wire, '', undefined)
      return
    }
    const text = textOf(wire.thoughtSignature)
    const signature = text === undefined ? undefined : readSignature(text, 'signature', this.#issuer)
    if (signature?.type === 'parts') {
      for (const part of signature.parts) this.#readCarried(candidate, part)
      return
    }
    const part = decodePart(wire, this.#ids)
    this.#writePart(candidate, {
      ...(isStreamable(part) ? part : nativePart(wire)),
      seals: sealsOf(wire, this.#issuer),
    })
  }

  #writePart(candidate: Candidate, part: Part): void {
    this.#finishCall(candidate)
    this.#close(candidate)
    writePart(this.#writer, candidate.choice, part)
  }

  /** The open block if it is of this kind, else a new one. */
  #openFor(candidate: Candidate, kind: 'text' | 'reasoning'): number {
    return candidate.openKind === kind && candidate.open !== undefined
      ? candidate.open
      : this.#open(candidate, { kind, form: 'full' })
  }

  #open(candidate: Candidate, { kind, form, item, native }: Opening): number {
    this.#finishCall(candidate)
    this.#close(candidate)
    const { choice } = candidate
    const more = { ...(item === undefined ? {} : { item }), ...(native === undefined ? {} : { native }) }
    const block: NewBlock = kind === 'text' ? { kind, choice, ...more } : { kind, choice, form, ...more }
    candidate.open = this.#writer.open(block)
    candidate.openKind = kind
    candidate.blockStart = candidate.text.length
    return candidate.open
  }

  #close(candidate: Candidate): void {
    if (candidate.open === undefined) return
    this.#writer.close(candidate.open)
    candidate.open = undefined
    candidate.openKind = undefined
  }
}

interface Opening {
  readonly kind: 'text' | 'reasoning'
  readonly form: 'full' | 'summary'
  readonly item?: string | undefined
  readonly native?: Part['native']
}

/** Not assigned: `__proto__` is a name like any other. */
function assign(target: Record<string, unknown>, members: Wire | undefined): void {
  for (const name of Object.keys(members ?? {}))
    Object.defineProperty(target, name, {
      value: members?.[name],
      enumerable: true,
      writable: true,
      configurable: true,
    })
}

/** A stream has media as bytes, and results of the provider's tools only. */
function isStreamable(part: Part): boolean {
  if (part.kind === 'media') return part.source.type === 'base64'
  return part.kind !== 'tool-result' || part.payload !== undefined
}
