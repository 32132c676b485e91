import { failure } from '../../errors.ts'
import {
  type Candidate,
  Fold,
  isProviderRun,
  type Losses,
  type Message,
  membersFor,
  type Part,
  type ReasoningPart,
  type RefusalPart,
  type TextPart,
  type ToolCallPart,
} from '../../model/index.ts'
import type { DecodeAnswerContext, EncodeAnswerContext } from '../codec.ts'
import { toDataUrl } from '../data-url.ts'
import { defined, itemsOf, type Unread, type Wire } from '../value.ts'
import { encodeAnnotation, isLegacyRequest, noteEnvelope, noteFinish, noteUsage, sealsToCarry } from './answer.ts'
import { extraContent, PART_BREAK, partsDetail, reasoningDetails, sealDetail } from './carrier.ts'
import { decodeChatEvent } from './failure.ts'
import { ownReasoning } from './reasoning.ts'
import { ChatDecoder } from './stream-decoder.ts'
import { encodeFinish, encodeUsage, writeLogprob } from './tables.ts'
import type { ChatChunk } from './wire.ts'

const NO_COMPLETION = 'Cannot decode answer: it holds neither choices nor an error'

/** Reads a whole completion as a stream of one chunk. */
export function decodeMessage(body: Wire, context: DecodeAnswerContext): Message {
  const fold = new Fold()
  const decoder = new ChatDecoder(context, event => fold.push(event))
  const completion: Unread<ChatChunk> = body
  const isAnswer = Array.isArray(completion.choices) || decodeChatEvent(undefined, completion) !== undefined
  if (isAnswer) decoder.read(undefined, completion)
  else decoder.fail(failure('upstream', NO_COMPLETION))
  decoder.finish()
  return fold.message
}

/** Writes a whole completion. */
export function encodeMessage(message: Message, context: EncodeAnswerContext): Wire {
  const { createId, now, model, losses } = context
  const { fingerprint, members } = noteEnvelope(message, context)
  if (message.usage !== undefined) noteUsage(message.usage, losses)
  return defined<Record<string, unknown>>({
    id: message.id ?? createId('chatcmpl-'),
    object: 'chat.completion',
    created: message.createdAt ?? now(),
    model: model ?? message.model ?? '',
    choices: message.candidates.map(candidate => new ChoiceEncoder(candidate, context).encode()),
    usage: message.usage && encodeUsage(message.usage),
    service_tier: message.serviceTier,
    system_fingerprint: fingerprint,
    ...members,
  })
}

type Media = Extract<Part, { kind: 'media' }>

/** Parts by kind, in the order in which a message of this dialect says them. */
const RANKS: Readonly<Record<Part['kind'], number>> = {
  reasoning: 0,
  'tool-result': 0,
  text: 1,
  refusal: 2,
  'tool-call': 3,
  media: 4,
  native: 6,
}

/** Images come before audio. */
const AUDIO_RANK = 5

/** Writes one candidate, and notes the losses at the pointers of its parts. */
class ChoiceEncoder {
  readonly #candidate: Candidate
  readonly #context: EncodeAnswerContext
  readonly #losses: Losses
  readonly #paths: ReadonlyMap<Part, string>

  constructor(candidate: Candidate, context: EncodeAnswerContext) {
    this.#candidate = candidate
    this.#context = context
    this.#losses = context.losses
    const root = `/candidates/${candidate.index}/parts`
    this.#paths = new Map(candidate.parts.map((part, position) => [part, `${root}/${position}`]))
  }

  encode(): Wire {
    const { index, parts, finish = { reason: 'other', raw: undefined } } = this.#candidate
    this.#noteOrder()
    for (const part of parts) this.#noteAttributes(part)
    const texts = this.#joined(parts.filter(part => part.kind === 'text'))
    const refusals = this.#joined(parts.filter(part => part.kind === 'refusal'))
    const calls = parts.filter(part => part.kind === 'tool-call' && part.runBy === 'client') as ToolCallPart[]
    const said = this.#calls(calls)
    const word = encodeFinish(finish, { hasRefusal: refusals.length > 0, hasLegacyCall: 'function_call' in said })
    const { message, ...members } = noteFinish(index, finish, word, calls.length > 0, this.#losses)
    return {
      index,
      message: {
        role: 'assistant',
        content: this.#content(texts),
        refusal: textIn(refusals),
        ...this.#reasoning(texts, refusals),
        ...said,
        ...this.#media(),
        ...this.#annotations(texts),
        ...message,
      },
      logprobs: logprobsOf(texts, refusals),
      finish_reason: word,
      ...members,
    }
  }

  /** A message says its parts by kind; what stood otherwise has lost its place. */
  #noteOrder(): void {
    const ranks = this.#candidate.parts.map(rankOf)
    const isSorted = ranks.every((rank, position) => position === 0 || rank >= (ranks[position - 1] as number))
    if (!isSorted) this.#losses.add(`/candidates/${this.#candidate.index}/parts`, 'order')
  }

  #noteAttributes(part: Part): void {
    const path = this.#path(part)
    const isKept = part.kind === 'media' || isProviderRun(part)
    if (part.item !== undefined && !isKept) this.#losses.add(`${path}/item`, 'cosmetic')
    if (part.native === undefined || isProviderRun(part)) return
    if (part.native.dialect !== 'chat') {
      if (part.kind === 'native') this.#losses.add(path, 'no-slot')
      else this.#losses.addNative(`${path}/native/members`, part.native.members)
    }
  }

  #path(part: Part): string {
    return this.#paths.get(part) as string
  }

  /** The parts that make one text; an empty one is nobody's loss. */
  #joined<P extends TextPart | RefusalPart>(parts: readonly P[]): readonly P[] {
    const said = parts.filter(({ text, logprobs }) => text !== '' || logprobs !== undefined)
    for (const part of parts) if (!said.includes(part)) this.#losses.add(this.#path(part), 'cosmetic')
    for (const part of said.slice(1)) this.#losses.add(this.#path(part), 'order')
    return said
  }

  /** A text; a list only where parts that this dialect alone knows stand among it. */
  #content(texts: readonly TextPart[]): string | null | readonly unknown[] {
    const natives = this.#candidate.parts.flatMap(part =>
      part.kind === 'native' ? itemsOf(membersFor('chat', part.native)?.content) : [],
    )
    if (natives.length === 0) return textIn(texts)
    return [...texts.map(({ text }) => ({ type: 'text', text })), ...natives]
  }

  #reasoning(texts: readonly TextPart[], refusals: readonly RefusalPart[]): Wire {
    const blocks = this.#candidate.parts.filter(part => part.kind === 'reasoning')
    const isCarrying = this.#candidate.parts.some(isProviderRun) || [...texts, ...refusals].some(({ seals }) => seals)
    const own = isCarrying ? undefined : ownReasoning(blocks)
    if (own !== undefined) return own
    const details = this.#details(blocks)
    details.push(...this.#textSeals(texts), ...this.#textSeals(refusals))
    const text = blocks.map(({ texts }) => texts.join(PART_BREAK)).join('')
    return {
      ...(text === '' ? {} : { reasoning_content: text }),
      ...(details.length === 0 ? {} : { reasoning_details: details }),
    }
  }

  /** Of several seals of one kind, the last is that of the whole text. */
  #textSeals(parts: readonly (TextPart | RefusalPart)[]): Wire[] {
    const last = new Map<string, string>()
    const details: Wire[] = []
    for (const part of parts)
      for (const [position, seal] of (part.seals ?? []).entries()) {
        const earlier = last.get(seal.kind)
        if (earlier !== undefined) this.#losses.add(earlier, 'no-slot')
        last.set(seal.kind, `${this.#path(part)}/seals/${position}`)
        details.push(sealDetail(part.kind, seal))
      }
    return details
  }

  #details(blocks: readonly ReasoningPart[]): Wire[] {
    const details: Wire[] = []
    const held: Part[] = []
    const open = new Set<string>()
    for (const part of this.#candidate.parts) {
      // What was begun before anything else has its place before it.
      if (!isProviderRun(part) && held.length > 0) details.push(partsDetail(held.splice(0)))
      if (part.kind === 'reasoning') details.push(...this.#blockDetails(part, blocks))
      if (!isProviderRun(part)) continue
      held.push(part)
      if (part.kind === 'tool-call') open.add(part.callId)
      if (part.kind === 'tool-result') open.delete(part.callId)
      if (open.size === 0) details.push(partsDetail(held.splice(0)))
    }
    return held.length === 0 ? details : [...details, partsDetail(held)]
  }

  #blockDetails(part: ReasoningPart, blocks: readonly ReasoningPart[]): Wire[] {
    const { form, texts, seals = [] } = part
    const place = blocks.indexOf(part)
    const carried = sealsToCarry(seals)
    for (const [position, seal] of seals.entries())
      if (!carried.includes(seal)) this.#losses.add(`${this.#path(part)}/seals/${position}`, 'cosmetic')
    if (texts.length === 0 && carried.length === 0) this.#losses.add(this.#path(part), 'cosmetic')
    const { parts } = this.#candidate
    const isFollowed = parts.slice(parts.indexOf(part) + 1).some(later => rankOf(later) === 0)
    const isPlain = carried.length === 0 && texts.length <= 1 && form === 'full' && !isFollowed
    return isPlain ? [] : reasoningDetails({ form, texts, seals: carried }, place)
  }

  #calls(calls: readonly ToolCallPart[]): Wire {
    const [first, ...others] = calls
    if (first === undefined) return {}
    const isLegacy = isLegacyRequest(this.#context.request) || membersFor('chat', first.native)?.function_call === true
    if (!isLegacy || others.length > 0 || first.input === 'text')
      return { tool_calls: calls.map(call => this.#call(call)) }
    return { function_call: { name: first.name, arguments: first.payload } }
  }

  #call(part: ToolCallPart): Wire {
    const { callId, name, input, payload, native, seals = [] } = part
    const { function_call: _, ...members } = membersFor('chat', native) ?? {}
    const [seal, ...others] = seals
    for (const [position] of others.entries()) this.#losses.add(`${this.#path(part)}/seals/${position + 1}`, 'no-slot')
    return {
      id: callId === '' ? this.#context.createId('call_') : callId,
      ...(input === 'json'
        ? { type: 'function', function: { name, arguments: payload } }
        : { type: 'custom', custom: { name, input: payload } }),
      ...(seal === undefined ? {} : { extra_content: extraContent(seal) }),
      ...members,
    }
  }

  #media(): Wire {
    const media = this.#candidate.parts.filter(part => part.kind === 'media')
    const images = media.filter(({ mediaType }) => mediaType.startsWith('image/'))
    const [audio] = media.filter(({ mediaType }) => mediaType.startsWith('audio/'))
    for (const part of media)
      if (part !== audio && !images.includes(part)) this.#losses.add(this.#path(part), 'no-slot')
    for (const part of images) if (part.item !== undefined) this.#losses.add(`${this.#path(part)}/item`, 'cosmetic')
    const natives = this.#candidate.parts.flatMap(part =>
      part.kind === 'native' ? itemsOf(membersFor('chat', part.native)?.images) : [],
    )
    const all = [...images.map(imageOf), ...natives]
    return {
      ...(all.length === 0 ? {} : { images: all }),
      ...(audio === undefined ? {} : { audio: this.#audio(audio) }),
    }
  }

  #audio({ mediaType, source, item, native }: Media): Wire {
    const format = mediaType === 'audio/*' ? {} : { format: mediaType.slice(6) }
    const data = source.type === 'base64' ? source.data : ''
    return { id: item ?? this.#context.createId('audio_'), data, ...format, ...membersFor('chat', native) }
  }

  #annotations(texts: readonly TextPart[]): Wire {
    const { index, annotations = [] } = this.#candidate
    const encoded: unknown[] = []
    let start = 0
    for (const part of texts) {
      const range = { start, end: start + part.text.length }
      start = range.end
      for (const [position, annotation] of (part.annotations ?? []).entries()) {
        const path = `${this.#path(part)}/annotations/${position}`
        encoded.push(encodeAnnotation(annotation, range, path, this.#losses))
        this.#losses.add(path, 'unit')
      }
    }
    for (const [position, annotation] of annotations.entries()) {
      const path = `/candidates/${index}/annotations/${position}`
      encoded.push(encodeAnnotation(annotation, { start: 0, end: start }, path, this.#losses))
      if (annotation.start === undefined && annotation.kind === 'url') this.#losses.add(path, 'unit')
    }
    const kept = encoded.filter(annotation => annotation !== undefined)
    return kept.length === 0 ? {} : { annotations: kept }
  }
}

function rankOf(part: Part): number {
  if (part.kind === 'media' && part.mediaType.startsWith('audio/')) return AUDIO_RANK
  return isProviderRun(part) ? 0 : RANKS[part.kind]
}

/** Null is how this API says that there is no text. */
function textIn(parts: readonly { readonly text: string }[]): string | null {
  return parts.length === 0 ? null : parts.map(({ text }) => text).join('')
}

function logprobsOf(texts: readonly TextPart[], refusals: readonly RefusalPart[]): Wire | null {
  const content = texts.flatMap(({ logprobs = [] }) => logprobs.map(writeLogprob))
  const refusal = refusals.flatMap(({ logprobs = [] }) => logprobs.map(writeLogprob))
  if (content.length + refusal.length === 0) return null
  return { content: content.length === 0 ? null : content, refusal: refusal.length === 0 ? null : refusal }
}

function imageOf({ mediaType, source }: Media): Wire {
  const url = source.type === 'base64' ? toDataUrl(mediaType, source.data) : source.type === 'url' ? source.url : ''
  return { type: 'image_url', image_url: { url } }
}
