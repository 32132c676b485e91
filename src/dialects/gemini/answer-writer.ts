import {
  type Annotation,
  type BlockEnd,
  type BlockStart,
  type Finish,
  foldEvents,
  isProviderRun,
  type Logprob,
  type Losses,
  type MessageEnd,
  type MessageStart,
  membersFor,
  mergeUsage,
  type Native,
  type Part,
  type Seal,
  type StreamEvent,
  type ToolCallPart,
  type Usage,
} from '../../model/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { BREAK_TEXT, isOwn, openingText, partsText, sealText } from './carrier.ts'
import { GroundingWriter, type WrittenAnnotation, type WrittenAnnotations } from './grounding-writer.ts'
import { writeLogprobs } from './logprobs.ts'
import { encodePart, toText } from './part.ts'
import { fromUsage, toFinishReason } from './tables.ts'
import { toCreateTime } from './time.ts'

/** Where the parts of an answer go, in their order. */
export interface AnswerSink {
  /** @param envelope the members that every chunk has */
  start(envelope: Wire, serviceTier: string | undefined): void
  /** More text; the plain path. */
  text(choice: number, isThought: boolean, text: string): void
  /** @param beside members of the candidate */
  part(choice: number, part: Wire, beside?: Wire): void
  /** Annotations of the text that was written last; `write` makes them once its part has a number. */
  annotate(choice: number, write: (part: number) => WrittenAnnotations): void
  end(candidates: readonly EndedCandidate[], usage: Wire | undefined, members: Wire): void
}

export interface EndedCandidate {
  readonly choice: number
  readonly finishReason: string
  /** What else is said of it. */
  readonly members: Wire
}

type TextKind = 'text' | 'refusal' | 'reasoning'

/** A block, and how far it has been written. */
interface OutBlock {
  readonly start: BlockStart
  readonly choice: number
  /** JSON pointer of its part. */
  readonly path: string
  /** Events that cannot be written yet: an earlier block is open, or the part must be whole. */
  readonly waiting: StreamEvent[]
  /** Its text is written as it comes. */
  isLive: boolean
  isClosed: boolean
  /** It broke off, and is not written. */
  isLost: boolean
  /** Something of it was written. */
  isWritten: boolean
  /** Native members that the first part of its text carries. */
  members: Wire | undefined
  logprobs: number
  /** Where its text begins in the candidate's. */
  textStart: number
  readonly seals: Seal[]
  readonly annotations: Annotation[]
}

/** What was written of one candidate. */
class OutCandidate {
  readonly choice: number
  /** Blocks that are not written to their end, in their order. */
  readonly queue: OutBlock[] = []
  parts = 0
  /** The block that more text would be read into. */
  reads: 'text' | 'reasoning' | undefined
  text = ''
  blockStart = 0
  readonly annotations: Annotation[] = []
  /** Calls that the provider runs, until their results are there. */
  served: { readonly part: Part; readonly path: string }[] = []
  calls = 0
  finish: Finish | undefined
  readonly grounding: GroundingWriter

  constructor(choice: number, losses: Losses) {
    this.choice = choice
    this.grounding = new GroundingWriter(losses)
  }
}

/**
 * Writes an answer part by part. Text goes out as it comes, everything else when it is whole, all in order
 * of opening: a block that was opened while another is open waits until that one is closed.
 *
 * Whether a block is whole is told by what follows its end: at an error it has broken off, and a part that
 * has is not written, since clients act on a call at once (Vercel's run it).
 */
export class AnswerWriter {
  readonly #sink: AnswerSink
  readonly #context: EncodeAnswerContext
  readonly #losses: Losses
  readonly #blocks = new Map<number, OutBlock>()
  readonly #candidates = new Map<number, OutCandidate>()
  /** Ends of blocks, until something follows. */
  #ends: BlockEnd[] = []
  #usage: Usage | undefined
  #startNative: Native | undefined

  constructor(context: EncodeAnswerContext, sink: AnswerSink) {
    this.#context = context
    this.#losses = context.losses
    this.#sink = sink
  }

  /** What is still to be said of an answer that has failed. */
  failed(native: Native | undefined): Wire {
    this.#breakOff()
    const candidates = [...this.#candidates.values()].flatMap(candidate => {
      const members = this.#annotationsOf(candidate)
      return Object.keys(members).length === 0 ? [] : [{ index: candidate.choice, ...members }]
    })
    return defined<Wire>({
      candidates: candidates.length === 0 ? undefined : candidates,
      ...this.#own('/native/members', native),
      usageMetadata: this.#usageNow(),
    })
  }

  push(event: StreamEvent): void {
    if (this.#ends.length > 0 && !LEAVING_OPEN.has(event.type)) this.settle()
    switch (event.type) {
      case 'text-delta': {
        const block = this.#blocks.get(event.index)
        if (block?.isLive) this.#writeText(block, event.text, event.logprobs)
        else block?.waiting.push(event)
        break
      }
      case 'message-start':
        this.#start(event)
        break
      case 'block-start':
        this.#open(event)
        break
      case 'payload-delta':
      case 'data-delta':
      case 'part-break':
      case 'seal':
        this.#toBlock(event.index, event)
        break
      case 'block-end':
        this.#ends.push(event)
        break
      case 'annotation':
        if (event.index === undefined) this.#candidate(event.choice).annotations.push(event.annotation)
        else this.#toBlock(event.index, event)
        break
      case 'usage':
        this.#usage = mergeUsage(this.#usage ?? {}, event.usage)
        break
      case 'choice-end':
        this.#candidate(event.choice).finish = event.finish
        break
      case 'message-end':
        this.#end(event)
        break
      case 'error':
      case 'ping':
      case 'native':
        break
      default:
        event satisfies never
    }
  }

  #start({ id, model, createdAt, serviceTier, native }: Omit<MessageStart, 'type'>): void {
    const members = this.#own('/native/members', native) ?? {}
    this.#startNative = native
    const createTime = members.createTime ?? (createdAt === undefined ? undefined : toCreateTime(createdAt))
    const envelope = defined<Wire>({
      modelVersion: this.#context.model ?? model,
      createTime,
      responseId: id,
    })
    this.#sink.start(envelope, serviceTier)
  }

  #open(start: BlockStart): void {
    const { choice } = start
    const candidate = this.#candidate(choice)
    const block: OutBlock = {
      start,
      choice,
      path: `/candidates/${choice}/parts/${candidate.parts++}`,
      waiting: [],
      isLive: false,
      isClosed: false,
      isLost: false,
      isWritten: false,
      members: undefined,
      logprobs: 0,
      textStart: 0,
      seals: [],
      annotations: [],
    }
    this.#blocks.set(start.index, block)
    if (start.kind === 'tool-call' && start.runBy === 'client') candidate.calls++
    if (candidate.queue.push(block) === 1) this.#enliven(candidate, block)
  }

  /** Blocks that have ended are whole. */
  settle(): void {
    for (const end of this.#ends.splice(0)) this.#toBlock(end.index, end)
  }

  /** Text that is there stays; parts that would have come whole are lost. */
  #breakOff(): void {
    const broken = this.#ends.flatMap(({ index }) => this.#blocks.get(index) ?? []).filter(block => !isText(block))
    for (const block of broken) {
      this.#losses.add(block.path, 'no-slot')
      block.isLost = true
    }
    this.settle()
  }

  #toBlock(index: number, event: StreamEvent): void {
    const block = this.#blocks.get(index)
    if (block === undefined) return
    if (event.type === 'block-end') {
      block.isClosed = true
      this.#blocks.delete(index)
    }
    if (block.isLive) this.#toLive(block, event)
    else block.waiting.push(event)
    if (block.isClosed) this.#advance(this.#candidate(block.choice))
  }

  /** Writes what the end of the first block has made possible. */
  #advance(candidate: OutCandidate): void {
    const { queue } = candidate
    for (let first = queue[0]; first?.isClosed; first = queue[0]) {
      if (!first.isLive && !first.isLost) this.#writePart(candidate, first, partOf(first))
      queue.shift()
      const next = queue[0]
      if (next !== undefined) this.#enliven(candidate, next)
    }
  }

  /** The block is the first one now: text is written from here on. */
  #enliven(candidate: OutCandidate, block: OutBlock): void {
    const { kind } = block.start
    if (!isTextKind(kind)) return
    block.isLive = true
    if (kind !== 'reasoning') this.#startText(candidate, block, kind)
    for (const event of block.waiting.splice(0)) {
      if (event.type === 'text-delta') this.#writeText(block, event.text, event.logprobs)
      else this.#toLive(block, event)
    }
  }

  #startText(candidate: OutCandidate, block: OutBlock, kind: TextKind): void {
    const { path, start } = block
    if (kind === 'refusal') this.#losses.add(`${path}/kind`, 'no-slot')
    this.#loseItem(path, start.item)
    block.textStart = candidate.text.length
    block.members = this.#own(`${path}/native/members`, start.native)
    if (block.members === undefined && candidate.reads === 'text') this.#losses.add(path, 'order')
    else candidate.blockStart = candidate.text.length
  }

  #toLive(block: OutBlock, event: StreamEvent): void {
    switch (event.type) {
      case 'part-break':
        this.#openReasoning(block)
        this.#writeSignature(block, BREAK_TEXT)
        break
      case 'seal':
        block.seals.push(event.seal)
        break
      case 'annotation':
        block.annotations.push(event.annotation)
        break
      case 'block-end':
        if (event.native !== undefined) this.#losses.addNative(`${block.path}/native/members`, event.native.members)
        if (block.start.kind === 'reasoning') this.#endReasoning(block)
        else this.#endText(block)
        break
    }
  }

  #writeText(block: OutBlock, text: string, logprobs: readonly Logprob[] | undefined): void {
    const { choice } = block
    const isThought = block.start.kind === 'reasoning'
    if (!block.isWritten) this.#beginText(block, isThought)
    if (!isThought) this.#candidate(choice).text += text
    if (logprobs === undefined) this.#sink.text(choice, isThought, text)
    else this.#sink.part(choice, { text }, { logprobsResult: this.#logprobs(block, logprobs) })
  }

  #beginText(block: OutBlock, isThought: boolean): void {
    if (isThought) {
      this.#openReasoning(block)
      return
    }
    block.isWritten = true
    this.#candidate(block.choice).reads = 'text'
    if (block.members !== undefined) this.#sink.part(block.choice, { text: '', ...block.members })
  }

  #logprobs(block: OutBlock, logprobs: readonly Logprob[]): Wire {
    for (const { bytes, top } of logprobs) {
      const path = `${block.path}/logprobs/${block.logprobs++}`
      if (bytes !== undefined) this.#losses.add(`${path}/bytes`, 'cosmetic')
      for (const [at, token] of (top ?? []).entries())
        if (token.bytes !== undefined) this.#losses.add(`${path}/top/${at}/bytes`, 'cosmetic')
    }
    return writeLogprobs(logprobs)
  }

  #endText(block: OutBlock): void {
    const { choice, path, annotations } = block
    for (const at of block.seals.keys()) this.#losses.add(`${path}/seals/${at}`, 'no-slot')
    const candidate = this.#candidate(choice)
    if (!block.isWritten && block.members !== undefined) this.#beginText(block, false)
    if (candidate.reads !== 'text') {
      // Nobody sees a text that is empty.
      this.#losses.add(path, 'cosmetic')
      return
    }
    if (annotations.length === 0) return
    const { text, blockStart: start, grounding } = candidate
    const written = annotations.map(inBlock(block.textStart, text.length)).map(annotationAt(`${path}/annotations`))
    this.#sink.annotate(choice, part => grounding.write(written, text, { part, start }))
  }

  /** Tells the beginning of a reasoning block where thought parts alone do not. */
  #openReasoning(block: OutBlock, isForced = false): void {
    if (block.isWritten || block.start.kind !== 'reasoning') return
    block.isWritten = true
    const { form, item } = block.start
    const members = this.#own(`${block.path}/native/members`, block.start.native)
    const native = members && block.start.native
    const candidate = this.#candidate(block.choice)
    const isPlain = form === 'full' && item === undefined && native === undefined && candidate.reads !== 'reasoning'
    candidate.reads = 'reasoning'
    if (!isPlain || isForced) this.#writeSignature(block, openingText(defined({ form, item, native })))
  }

  #endReasoning(block: OutBlock): void {
    const { choice, path, start } = block
    const candidate = this.#candidate(choice)
    const [seal, ...others] = block.seals
    for (const at of others.keys()) this.#losses.add(`${path}/seals/${at + 1}`, 'no-slot')
    if (seal !== undefined && !block.isWritten && isAlone(start, seal)) {
      this.#sink.part(choice, { text: '', thoughtSignature: seal.value })
      candidate.reads = undefined
      return
    }
    this.#openReasoning(block, seal === undefined)
    if (seal === undefined) return
    this.#writeSignature(block, sealText(seal, 'signature'))
    candidate.reads = undefined
  }

  #writeSignature({ choice }: OutBlock, thoughtSignature: string): void {
    this.#sink.part(choice, { text: '', thought: true, thoughtSignature })
  }

  /** Writes a part that comes whole. */
  #writePart(candidate: OutCandidate, { path }: OutBlock, part: Part): void {
    const { choice } = candidate
    const members = membersFor('gemini', part.native)
    const wire = encodePart(part, members)
    if (wire !== undefined) {
      this.#loseItem(path, part.item)
      // The API has no text here but an object: blanks, and that nothing was said, are lost.
      if (part.kind === 'tool-call' && isSaidAnew(part, wire)) this.#losses.add(`${path}/payload`, 'unit')
      if (members === undefined) this.#own(`${path}/native/members`, part.native)
      this.#sink.part(choice, { ...wire, ...this.#signed(part.seals ?? [], path) })
    } else if (isProviderRun(part)) {
      this.#serve(candidate, part, path)
      return
    } else if (part.kind === 'tool-call') this.#carryCall(choice, part)
    else this.#losses.add(path, 'no-slot')
    if (wire !== undefined || part.kind === 'tool-call') candidate.reads = undefined
  }

  #signed(seals: readonly Seal[], path: string): Wire {
    const [seal, ...others] = seals
    for (const at of others.keys()) this.#losses.add(`${path}/seals/${at + 1}`, 'no-slot')
    return seal === undefined ? {} : { thoughtSignature: sealText(seal, 'signature') }
  }

  /** A call whose payload is no JSON object: the client sees it in one, the whole of it rides along. */
  #carryCall(choice: number, part: ToolCallPart): void {
    const { callId: id, name, payload } = part
    const functionCall = { name, args: { input: payload }, id }
    this.#sink.part(choice, { functionCall, thoughtSignature: partsText([part]) })
  }

  /** Calls that another provider runs ride together with their results. */
  #serve(candidate: OutCandidate, part: Part, path: string): void {
    candidate.served.push({ part, path })
    const calls = candidate.served.filter(({ part }) => part.kind === 'tool-call').length
    if (calls > candidate.served.length - calls) return
    const parts = candidate.served.splice(0).map(({ part }) => part)
    this.#sink.part(candidate.choice, { text: '', thought: true, thoughtSignature: partsText(parts) })
    candidate.reads = undefined
  }

  #end({ native, serviceTier }: Omit<MessageEnd, 'type'>): void {
    const members = { ...membersFor('gemini', this.#startNative), ...this.#own('/native/members', native) }
    const candidates = [...this.#candidates.values()].filter(candidate => !isBlocked(candidate, members))
    const { createTime: _, ...rest } = members
    this.#sink.end(
      candidates.map(candidate => this.#endOf(candidate)),
      serviceTier === undefined ? this.#usageNow() : { ...this.#usageNow(), serviceTier },
      rest,
    )
  }

  #usageNow(): Wire | undefined {
    return this.#usage && fromUsage(this.#usage, this.#losses)
  }

  #endOf(candidate: OutCandidate): EndedCandidate {
    const { choice, finish = UNSAID } = candidate
    const path = `/candidates/${choice}/finish`
    const { groundingMetadata, citationMetadata } = this.#annotationsOf(candidate)
    const own = this.#own(`${path}/native/members`, finish.native)
    const members = defined<Wire>({
      ...own,
      groundingMetadata: joined(groundingMetadata, own?.groundingMetadata),
      citationMetadata: joined(citationMetadata, own?.citationMetadata),
    })
    return { choice, finishReason: this.#finishReason(candidate, finish, path), members }
  }

  /** What is said of a candidate when its parts are written. */
  #annotationsOf({ choice, annotations, grounding, text, served }: OutCandidate): WrittenAnnotations {
    for (const { path } of served) this.#losses.add(path, 'no-slot')
    return grounding.write(annotations.map(annotationAt(`/candidates/${choice}/annotations`)), text)
  }

  #finishReason({ calls }: OutCandidate, finish: Finish, path: string): string {
    const { reason, raw, stopSequence } = finish
    const word = toFinishReason(finish)
    if (stopSequence !== undefined) this.#losses.add(`${path}/stopSequence`, 'no-slot')
    if (raw !== undefined && raw !== word) this.#losses.add(`${path}/raw`, 'cosmetic')
    const isLess = reason === 'refusal' || reason === 'paused' || (reason === 'tool-calls' && calls === 0)
    if (isLess) this.#losses.add(`${path}/reason`, 'unit')
    return word
  }

  /** The members of Google's pocket; those of another are losses. */
  #own(path: string, native: Native | undefined): Wire | undefined {
    const members = membersFor('gemini', native)
    if (members === undefined && native !== undefined) this.#losses.addNative(path, native.members)
    return members
  }

  #loseItem(path: string, item: string | undefined): void {
    if (item !== undefined) this.#losses.add(`${path}/item`, 'cosmetic')
  }

  #candidate(choice: number): OutCandidate {
    let candidate = this.#candidates.get(choice)
    if (candidate === undefined) {
      candidate = new OutCandidate(choice, this.#losses)
      this.#candidates.set(choice, candidate)
    }
    return candidate
  }
}

/** What may stand between the end of a block and what tells how it ended. */
const LEAVING_OPEN: ReadonlySet<StreamEvent['type']> = new Set(['block-end', 'usage', 'ping'])

function isText({ start }: OutBlock): boolean {
  return isTextKind(start.kind)
}

function isTextKind(kind: BlockStart['kind']): kind is TextKind {
  return kind === 'text' || kind === 'refusal' || kind === 'reasoning'
}

const UNSAID: Finish = { reason: 'other', raw: undefined }

/** A token of Google's that stands for nothing but itself, as it came. */
function isAlone(start: BlockStart, seal: Seal): boolean {
  const isPlain = start.kind === 'reasoning' && start.form === 'full' && start.native === undefined
  return isPlain && start.item === undefined && isOwn(seal) && seal.kind === 'encrypted'
}

function isSaidAnew({ runBy, payload }: ToolCallPart, { functionCall }: Wire): boolean {
  return runBy === 'client' && toText(objectOf(functionCall)?.args) !== payload
}

function partOf({ start, waiting }: OutBlock): Part {
  return foldEvents([start, ...waiting]).candidates[0]?.parts[0] as Part
}

/** A blocked prompt has a feedback in the place of a candidate. */
function isBlocked({ parts }: OutCandidate, { promptFeedback }: Wire): boolean {
  return parts === 0 && objectOf(promptFeedback)?.blockReason !== undefined
}

/** What is said of a whole block keeps its place when the text goes on: blocks that follow are one to the reader. */
function inBlock(start: number, end: number): (annotation: Annotation) => Annotation {
  return annotation => (annotation.end === undefined ? { ...annotation, start, end } : annotation)
}

function annotationAt(path: string): (annotation: Annotation, at: number) => WrittenAnnotation {
  return (annotation, at) => ({ annotation, path: `${path}/${at}` })
}

function joined(one: Wire | undefined, other: unknown): Wire | undefined {
  return one === undefined && other === undefined ? undefined : { ...one, ...objectOf(other) }
}
