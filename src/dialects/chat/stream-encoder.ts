import type { Failure } from '../../errors.ts'
import {
  type Annotation,
  type AnnotationEvent,
  type BlockEnd,
  type BlockStart,
  type ChoiceEnd,
  isProviderRun,
  type Logprob,
  type MessageEnd,
  type MessageStart,
  membersFor,
  mergeUsage,
  type Native,
  type Seal,
  type SealEvent,
  type StreamEvent,
  type ToolCallBlock,
  type Usage,
} from '../../model/index.ts'
import { encodeComment } from '../../sse/index.ts'
import type { Emit, EncodeAnswerContext, StreamEncoder } from '../codec.ts'
import { toDataUrl } from '../data-url.ts'
import type { Wire } from '../value.ts'
import { encodeAnnotation, isLegacyRequest, noteEnvelope, noteFinish, noteUsage, sealsToCarry } from './answer.ts'
import { BlockOrder } from './block-order.ts'
import { CarriedTools } from './carried-tools.ts'
import { breakDetail, extraContent, openingDetail, partsDetail, reasoningDetails, sealDetail } from './carrier.ts'
import { failure } from './failure.ts'
import { OwnReasoning } from './own-reasoning.ts'
import { encodeFinish, encodeUsage, writeLogprob } from './tables.ts'

export function createStreamEncoder(context: EncodeAnswerContext, write: Emit<string>): StreamEncoder {
  return new ChatEncoder(context, write)
}

const PING = encodeComment('ping')

/** What a delta ends with; the finish reason of all chunks but the last. */
const TAIL = '},"logprobs":null,"finish_reason":null}]}\n\n'

interface Block {
  readonly start: BlockStart
  readonly candidate: Candidate
  /** Its pointer in the folded message. */
  readonly path: string
  /** A delta up to its text, which is JSON. */
  readonly head: string
  /** What stands between text and {@link TAIL}. */
  readonly closing: string
  /** Whether anything of it has been written. */
  isSaid: boolean
  /** What has to be said once more, or in one piece: the parts of reasoning, the data of a medium. */
  texts: string[]
  seals: readonly Seal[]
  /** Where its text begins in the candidate's visible text. */
  textStart: number
  /** Of a call, its index on the wire; of reasoning, its number among the reasoning of its candidate. */
  readonly place: number
  readonly isLegacy: boolean
  /** Held to its end, when its range is known. */
  readonly annotations: Annotation[]
}

interface Candidate {
  readonly index: number
  hasRole: boolean
  /** How many blocks it has had. */
  blocks: number
  /** The kind that was said last, to which a client appends what comes of the same kind. */
  lastKind: BlockStart['kind'] | undefined
  calls: number
  reasonings: number
  textLength: number
  hasRefusal: boolean
  hasLegacyCall: boolean
  /** The seals of the text that a client has as one, by kind: where they stand. */
  textSeals: Map<Seal['kind'], string>
  /** Of the candidate as a whole, those without a range held to its end. */
  annotations: number
  /** There is one member for audio, whose pieces are joined. */
  hasAudio: boolean
  readonly heldAnnotations: { readonly annotation: Annotation; readonly path: string }[]
  /** A block of reasoning whose end no item has told. */
  unmarked: Block | undefined
}

/**
 * Writes the chunks of one stream.
 *
 * Everything that all chunks begin with is made once; a plain delta is one template around the JSON of
 * its text. The usage has a chunk of its own at the end, unless the client did not ask for it.
 */
class ChatEncoder implements StreamEncoder {
  readonly #context: EncodeAnswerContext
  readonly #write: Emit<string>
  readonly #blocks: (Block | undefined)[] = []
  /** By index, which may be any number. */
  readonly #candidates = new Map<number, Candidate>()
  readonly #isLegacy: boolean
  readonly #order: BlockOrder
  #envelope: Wire = {}
  #prefix = ''
  /** Members that the first chunk alone says. */
  #first: Wire | undefined
  #usage: Usage | undefined
  /** What the provider's tools did, until all is told or something else begins. */
  readonly #carried = new CarriedTools()

  constructor(context: EncodeAnswerContext, write: Emit<string>) {
    this.#context = context
    this.#write = write
    this.#isLegacy = isLegacyRequest(context.request)
    const own = new OwnReasoning(this.#push, (start, members) => this.#writeOwn(start, members))
    this.#order = new BlockOrder(context.isOwn ? event => own.push(event) : this.#push)
  }

  push(event: StreamEvent): void {
    if (this.#context.isAmongOthers === true) this.#push(event)
    else this.#order.push(event)
  }

  readonly #push = (event: StreamEvent): void => {
    switch (event.type) {
      case 'text-delta':
        this.#writeText(event.index, event.text, event.logprobs)
        break
      case 'payload-delta':
        this.#writePayload(event.index, event.text, event)
        break
      case 'message-start':
        this.#start(event)
        break
      case 'block-start':
        this.#open(event)
        break
      case 'part-break':
        this.#breakPart(event.index)
        break
      case 'data-delta':
        this.#blocks[event.index]?.texts.push(event.base64)
        break
      case 'seal':
        this.#addSeal(event)
        break
      case 'annotation':
        this.#annotate(event)
        break
      case 'block-end':
        this.#close(event)
        break
      case 'usage':
        this.#usage = mergeUsage(this.#usage ?? {}, event.usage)
        break
      case 'choice-end':
        this.#endCandidate(event)
        break
      case 'message-end':
        this.#end(event)
        break
      case 'error':
        this.#fail(event.failure)
        break
      case 'ping':
        this.#write(PING)
        break
      case 'native':
        // Frames that are no chunks break the clients' accumulators, even this dialect's own.
        break
      default:
        event satisfies never
    }
  }

  #start(start: MessageStart): void {
    const { createId, now, model } = this.#context
    const { fingerprint, members } = noteEnvelope(start, this.#context)
    this.#envelope = {
      id: start.id ?? createId('chatcmpl-'),
      object: 'chat.completion.chunk',
      created: start.createdAt ?? now(),
      model: model ?? start.model ?? '',
      service_tier: start.serviceTier,
      system_fingerprint: fingerprint,
    }
    this.#prefix = `data: ${JSON.stringify(this.#envelope).slice(0, -1)},`
    this.#first = members
  }

  /** A chunk whose members are JSON text. */
  #writeChunk(members: string): void {
    const first = this.#first
    this.#first = undefined
    const extra = first === undefined ? '' : `${JSON.stringify(first).slice(1, -1)},`
    this.#write(`${this.#prefix}${extra}${members}}\n\n`)
  }

  #writeDelta({ index }: Candidate, delta: Wire, logprobs: Wire | null = null): void {
    const choice = { index, delta, logprobs, finish_reason: null }
    this.#writeChunk(`"choices":[${JSON.stringify(choice)}]`)
  }

  #candidate(index: number): Candidate {
    const known = this.#candidates.get(index)
    if (known !== undefined) return known
    const candidate: Candidate = {
      index,
      hasRole: false,
      blocks: 0,
      lastKind: undefined,
      calls: 0,
      reasonings: 0,
      textLength: 0,
      hasRefusal: false,
      hasLegacyCall: false,
      textSeals: new Map(),
      annotations: 0,
      hasAudio: false,
      heldAnnotations: [],
      unmarked: undefined,
    }
    this.#candidates.set(index, candidate)
    return candidate
  }

  #sayRole(candidate: Candidate): void {
    if (candidate.hasRole) return
    candidate.hasRole = true
    this.#writeDelta(candidate, { role: 'assistant', content: '', refusal: null })
  }

  #open(start: BlockStart): void {
    const candidate = this.#candidate(start.choice)
    this.#sayRole(candidate)
    const path = `/candidates/${start.choice}/parts/${candidate.blocks++}`
    if (isProviderRun(start)) return this.#carried.open(start)
    if (this.#carried.isWaiting(start.choice)) this.#writeCarried(candidate)
    const block = this.#newBlock(candidate, start, path)
    this.#blocks[start.index] = block
    const { losses } = this.#context
    if (start.item !== undefined && start.kind !== 'media') losses.add(`${path}/item`, 'cosmetic')
    if (start.kind === 'native') this.#writeNative(block, start.native)
    else this.#noteNative(block, start.native)
    if (start.kind === 'tool-call') this.#openCall(block, start)
    if (start.kind === 'reasoning') this.#openReasoning(block)
  }

  /** Reasoning of this dialect, in the members that it came in. */
  #writeOwn({ choice, item }: BlockStart, members: Wire): void {
    const candidate = this.#candidate(choice)
    this.#sayRole(candidate)
    if (item !== undefined) this.#context.losses.add(`/candidates/${choice}/parts/${candidate.blocks}/item`, 'cosmetic')
    candidate.blocks++
    candidate.lastKind = 'reasoning'
    this.#writeDelta(candidate, members)
  }

  #newBlock(candidate: Candidate, start: BlockStart, path: string): Block {
    const choice = `${this.#prefix}"choices":[{"index":${candidate.index},"delta":`
    const isLegacy = start.kind === 'tool-call' && this.#isLegacyCall(candidate, start)
    const [opening, closing] = frameOf(start, candidate.calls, isLegacy)
    return {
      start,
      candidate,
      path,
      head: choice + opening,
      closing: closing + TAIL,
      isSaid: false,
      texts: [''],
      seals: [],
      textStart: candidate.textLength,
      place: placeOf(start, candidate),
      isLegacy,
      annotations: [],
    }
  }

  #isLegacyCall(candidate: Candidate, { input, native }: ToolCallBlock): boolean {
    const isMarked = membersFor('chat', native)?.function_call === true
    return (this.#isLegacy || isMarked) && candidate.calls === 0 && input === 'json'
  }

  #openCall({ candidate, place, isLegacy }: Block, { callId, name, input, native }: ToolCallBlock): void {
    candidate.lastKind = 'tool-call'
    candidate.hasLegacyCall ||= isLegacy
    if (isLegacy) return this.#writeDelta(candidate, { function_call: { name, arguments: '' } })
    const { function_call: _, ...members } = membersFor('chat', native) ?? {}
    const id = callId === '' ? this.#context.createId('call_') : callId
    const call =
      input === 'json'
        ? { type: 'function', function: { name, arguments: '' } }
        : { type: 'custom', custom: { name, input: '' } }
    this.#writeDelta(candidate, { tool_calls: [{ index: place, id, ...call, ...members }] })
  }

  /** Two blocks in a row are one text for a client, unless an item tells where the first has ended. */
  #openReasoning({ candidate }: Block): void {
    if (candidate.unmarked !== undefined) this.#markReasoning(candidate.unmarked)
  }

  /** That these are summaries has to be known before their text. */
  #sayForm(block: Block): void {
    if (isSummary(block)) this.#writeDelta(block.candidate, { reasoning_details: [openingDetail(block.place)] })
    this.#isNowSaid(block)
  }

  #writeText(index: number, text: string, logprobs: readonly Logprob[] | undefined): void {
    const block = this.#blocks[index]
    if (block === undefined) return
    if (!block.isSaid) this.#sayForm(block)
    const { kind } = block.start
    if (kind === 'text') block.candidate.textLength += text.length
    else if (kind === 'reasoning') block.texts[block.texts.length - 1] += text
    else block.candidate.hasRefusal = true
    if (logprobs === undefined) return this.#write(block.head + JSON.stringify(text) + block.closing)
    this.#writeDelta(
      block.candidate,
      { [MEMBERS[kind as keyof typeof MEMBERS]]: text },
      this.#logprobs(block, logprobs),
    )
  }

  #logprobs({ start, path }: Block, logprobs: readonly Logprob[] | undefined): Wire | null {
    if (logprobs === undefined) return null
    const tokens = logprobs.map(writeLogprob)
    if (start.kind === 'text') return { content: tokens, refusal: null }
    if (start.kind === 'refusal') return { content: null, refusal: tokens }
    this.#context.losses.add(`${path}/logprobs`, 'no-slot')
    return null
  }

  /** The first thing of a block goes out. A client appends it to what came last, if that is of its kind. */
  #isNowSaid(block: Block): void {
    const { candidate, start, path } = block
    block.isSaid = true
    const isAppended = candidate.lastKind === start.kind && (start.kind === 'text' || start.kind === 'refusal')
    if (isAppended) this.#context.losses.add(path, 'order')
    else candidate.textSeals = new Map()
    candidate.lastKind = start.kind
    if (start.kind === 'reasoning') candidate.unmarked = block
  }

  #writePayload(index: number, text: string, event: StreamEvent): void {
    const block = this.#blocks[index]
    if (block === undefined) this.#carried.push(index, event)
    else this.#write(block.head + JSON.stringify(text) + block.closing)
  }

  #breakPart(index: number): void {
    const block = this.#blocks[index]
    if (block === undefined) return
    const { candidate } = block
    if (!block.isSaid) this.#sayForm(block)
    block.texts.push('')
    const details = [breakDetail(block.place)]
    this.#writeDelta(candidate, { reasoning_content: '\n\n', reasoning_details: details })
  }

  #close({ index, native, isTorn }: BlockEnd): void {
    const block = this.#blocks[index]
    if (block === undefined) return this.#closeCarried(index, native)
    this.#blocks[index] = undefined
    const { start, path } = block
    if (start.kind === 'media')
      return isTorn ? this.#context.losses.add(path, 'no-slot') : this.#writeMedia(block, native)
    this.#noteNative(block, native)
    switch (start.kind) {
      case 'reasoning':
        this.#closeReasoning(block)
        break
      case 'tool-call':
        this.#sealCall(block)
        break
      case 'text':
      case 'refusal':
        this.#sealText(block, start.kind)
        this.#writeBlockAnnotations(block)
        break
      default:
        this.#loseSeals(block, 0)
    }
    if (!block.isSaid && start.kind !== 'tool-call' && start.kind !== 'native')
      this.#context.losses.add(path, 'cosmetic')
  }

  #closeReasoning(block: Block): void {
    const seals = sealsToCarry(block.seals)
    if (seals.length < block.seals.length) this.#loseSlots(block)
    const isEmpty = block.texts.length === 1 && block.texts[0] === ''
    if (seals.length > 0 || block.texts.length > 1 || (!isEmpty && isSummary(block))) {
      block.seals = seals
      this.#markReasoning(block)
    }
  }

  #markReasoning(block: Block): void {
    const { candidate, start, seals, texts, place } = block
    if (!block.isSaid) this.#isNowSaid(block)
    const form = start.kind === 'reasoning' ? start.form : 'full'
    candidate.unmarked = undefined
    const details = reasoningDetails({ form, texts: texts.join('') === '' ? [] : texts, seals }, place)
    if (details.length > 0) this.#writeDelta(candidate, { reasoning_details: details })
  }

  #addSeal(event: SealEvent): void {
    const block = this.#blocks[event.index]
    if (block === undefined) this.#carried.push(event.index, event)
    else block.seals = [...block.seals, event.seal]
  }

  #loseSlots({ seals, path }: Block): void {
    for (const [position, seal] of seals.entries())
      if (sealsToCarry([seal]).length === 0) this.#context.losses.add(`${path}/seals/${position}`, 'cosmetic')
  }

  #sealCall(block: Block): void {
    const { candidate, place, isLegacy } = block
    const [seal] = block.seals
    if (seal !== undefined && !isLegacy)
      this.#writeDelta(candidate, {
        // Clients that check each chunk (Vercel's) want a function in every piece of a call.
        tool_calls: [{ index: place, function: { arguments: '' }, extra_content: extraContent(seal) }],
      })
    this.#loseSeals(block, isLegacy ? 0 : 1)
  }

  #sealText(block: Block, of: 'text' | 'refusal'): void {
    if (block.seals.length === 0) return
    if (!block.isSaid) return this.#loseSeals(block, 0)
    const { textSeals } = block.candidate
    for (const [position, { kind }] of block.seals.entries()) {
      const earlier = textSeals.get(kind)
      if (earlier !== undefined) this.#context.losses.add(earlier, 'no-slot')
      textSeals.set(kind, `${block.path}/seals/${position}`)
    }
    this.#writeDelta(block.candidate, { reasoning_details: block.seals.map(seal => sealDetail(of, seal)) })
  }

  #loseSeals({ seals, path }: Block, from: number): void {
    for (let position = from; position < seals.length; position++)
      this.#context.losses.add(`${path}/seals/${position}`, 'no-slot')
  }

  #writeMedia(block: Block, native: Native | undefined): void {
    const { candidate, start, path, texts } = block
    if (start.kind !== 'media') return
    const data = texts.join('')
    if (start.mediaType.startsWith('image/')) {
      const image = { type: 'image_url', image_url: { url: toDataUrl(start.mediaType, data) } }
      this.#writeDelta(candidate, { images: [{ ...image, index: 0 }] })
      this.#noteNative(block, native)
      if (start.item !== undefined) this.#context.losses.add(`${path}/item`, 'cosmetic')
    } else if (start.mediaType.startsWith('audio/') && !candidate.hasAudio) {
      candidate.hasAudio = true
      const own = membersFor('chat', native)
      const format = start.mediaType === 'audio/*' ? undefined : start.mediaType.slice(6)
      this.#writeDelta(candidate, {
        audio: { id: start.item ?? this.#context.createId('audio_'), data, format, ...own },
      })
      if (own === undefined) this.#noteNative(block, native)
    } else this.#context.losses.add(path, 'no-slot')
    candidate.lastKind = 'media'
    this.#loseSeals(block, 0)
  }

  #writeNative({ candidate, path }: Block, native: Native): void {
    const members = membersFor('chat', native)
    if (members === undefined) return this.#context.losses.add(path, 'no-slot')
    candidate.lastKind = 'native'
    this.#writeDelta(candidate, members)
  }

  #noteNative({ path, start }: Block, native: Native | undefined): void {
    if (native === undefined || (native.dialect === 'chat' && start.kind === 'tool-call')) return
    this.#context.losses.addNative(`${path}/native/members`, native.members)
  }

  #closeCarried(index: number, native: Native | undefined): void {
    const choice = this.#carried.close(index, native)
    if (choice !== undefined) this.#writeCarried(this.#candidate(choice))
  }

  #writeCarried(candidate: Candidate): void {
    const parts = this.#carried.take(candidate.index)
    if (parts === undefined) return
    candidate.lastKind = 'tool-result'
    if (candidate.unmarked !== undefined) this.#markReasoning(candidate.unmarked)
    this.#writeDelta(candidate, { reasoning_details: [partsDetail(parts)] })
  }

  /** What has no range of its own waits until it is known what it is about. */
  #annotate({ choice, index, annotation }: AnnotationEvent): void {
    const block = index === undefined ? undefined : this.#blocks[index]
    if (block !== undefined) {
      block.annotations.push(annotation)
      return
    }
    const candidate = this.#candidate(choice)
    const path = `/candidates/${choice}/annotations/${candidate.annotations++}`
    if (annotation.start === undefined && membersFor('chat', annotation.native) === undefined)
      candidate.heldAnnotations.push({ annotation, path })
    else this.#writeAnnotation(candidate, annotation, 0, path)
  }

  #writeAnnotation(candidate: Candidate, annotation: Annotation, start: number, path: string): void {
    const range = { start, end: candidate.textLength }
    const encoded = encodeAnnotation(annotation, range, path, this.#context.losses)
    if (encoded === undefined) return
    this.#sayRole(candidate)
    this.#writeDelta(candidate, { annotations: [encoded] })
  }

  #writeBlockAnnotations({ candidate, annotations, textStart, path }: Block): void {
    for (const [position, annotation] of annotations.entries()) {
      const place = `${path}/annotations/${position}`
      this.#writeAnnotation(candidate, annotation, textStart, place)
      this.#context.losses.add(place, 'unit')
    }
  }

  #endCandidate({ choice, finish }: ChoiceEnd): void {
    const candidate = this.#candidate(choice)
    this.#sayRole(candidate)
    this.#writeHeld(candidate)
    const word = encodeFinish(finish, candidate)
    const { message = {}, ...members } = noteFinish(choice, finish, word, candidate.calls > 0, this.#context.losses)
    const end = { index: choice, delta: message, logprobs: null, finish_reason: word, ...members }
    this.#writeChunk(`"choices":[${JSON.stringify(end)}]`)
  }

  /** What waited for the end of its candidate. */
  #writeHeld(candidate: Candidate): void {
    this.#writeCarried(candidate)
    for (const { annotation, path } of candidate.heldAnnotations) {
      this.#writeAnnotation(candidate, annotation, 0, path)
      this.#context.losses.add(path, 'unit')
    }
  }

  #end({ native, serviceTier }: MessageEnd): void {
    const { losses } = this.#context
    if (serviceTier !== undefined) losses.add('/serviceTier', 'cosmetic')
    const members = membersFor('chat', native)
    if (members === undefined && native !== undefined) losses.addNative('/native/members', native.members, 'cosmetic')
    const usage = this.#wantedUsage()
    // Members of the envelope may be said anew.
    const last = { ...this.#envelope, ...this.#first, choices: [], ...usage, ...members }
    if (usage !== undefined || members !== undefined || this.#first !== undefined || this.#candidates.size === 0)
      this.#write(`data: ${JSON.stringify(last)}\n\n`)
    this.#write('data: [DONE]\n\n')
  }

  #fail(failed: Failure): void {
    for (const candidate of this.#candidates.values()) this.#writeHeld(candidate)
    const usage = this.#prefix === '' ? undefined : this.#wantedUsage()
    if (usage !== undefined) this.#writeChunk(`"choices":[],${JSON.stringify(usage).slice(1, -1)}`)
    this.#write(failure.encodeInStream(failed, undefined))
  }

  /** Undefined where there is none, or the client did not ask for it. */
  #wantedUsage(): { readonly usage: Wire } | undefined {
    const { request, losses } = this.#context
    if (this.#usage === undefined || (request !== undefined && request.includeUsage !== true)) return undefined
    noteUsage(this.#usage, losses)
    return { usage: encodeUsage(this.#usage) }
  }
}

const MEMBERS = { text: 'content', refusal: 'refusal', reasoning: 'reasoning_content' } as const

function isSummary({ start }: Block): boolean {
  return start.kind === 'reasoning' && start.form === 'summary'
}

/** What stands before and behind the JSON of a text. */
function frameOf(start: BlockStart, call: number, isLegacy: boolean): readonly [opening: string, closing: string] {
  switch (start.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return [`{"${MEMBERS[start.kind]}":`, '']
    case 'tool-call':
      if (isLegacy) return ['{"function_call":{"arguments":', '}']
      return start.input === 'json'
        ? [`{"tool_calls":[{"index":${call},"function":{"arguments":`, '}}]']
        : [`{"tool_calls":[{"index":${call},"custom":{"input":`, '}}]']
    default:
      return ['', '']
  }
}

function placeOf({ kind }: BlockStart, candidate: Candidate): number {
  if (kind === 'tool-call') return candidate.calls++
  return kind === 'reasoning' ? candidate.reasonings++ : 0
}
