import {
  type Annotation,
  type EventWriter,
  type Finish,
  type FinishReason,
  type Seal,
  writePart,
} from '../../model/index.ts'
import { readDataUrl } from '../data-url.ts'
import { countOf, defined, itemsOf, objectOf, textOf, type Unread, type Wire } from '../value.ts'
import { CallReader } from './calls.ts'
import { detailText, mergeDetail, type OwnDetail, readOwnDetail } from './carrier.ts'
import { type MessageReasoning, readMessageReasoning } from './message-reasoning.ts'
import { Pocket } from './pocket.ts'
import { reasoningSealValue, slotOf, thinkingOf } from './reasoning.ts'
import { decodeFinish, nativeOf, readLogprobs } from './tables.ts'
import type {
  ChatAnnotation,
  ChatAudio,
  ChatChoice,
  ChatDelta,
  ChatLogprobs,
  ChatPart,
  ReasoningDetail,
} from './wire.ts'

const CHOICE_MEMBERS: ReadonlySet<string> = new Set([
  'index',
  'delta',
  'message',
  'logprobs',
  'finish_reason',
  'usage',
  'error',
])

const DELTA_MEMBERS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'audio',
  'images',
  'annotations',
  'reasoning',
  'reasoning_content',
  'reasoning_text',
  'reasoning_details',
  'reasoning_opaque',
])

const NONE = -1

/** The block of reasoning that is open. */
interface OpenReasoning {
  readonly block: number
  /** The member that its text comes in. */
  slot: string | undefined
  hasText: boolean
  /** A provider's items, to come back as they were. */
  readonly details: Wire[]
  opaque: string
  /** Its number in our carrier, once an item of ours has named it. */
  place: number | undefined
  /** An item of ours has said that it has ended. */
  isDone: boolean
}

/** Reads the deltas of one candidate: at most one block each of text, reasoning and refusal is open. */
export class CandidateReader {
  readonly #writer: EventWriter
  readonly #choice: number
  readonly #issuer: string
  readonly #calls: CallReader
  readonly #pocket = new Pocket()
  readonly #messagePocket = new Pocket()
  #text = NONE
  #refusal = NONE
  #reasoning: OpenReasoning | undefined
  #audio: AudioBlock | undefined
  #hasDelta = false
  /** Seals of the text and the refusal of a whole message, until those are written. */
  #held: MessageReasoning['seals'] = []
  #raw: string | undefined

  constructor(writer: EventWriter, choice: number, issuer: string) {
    this.#writer = writer
    this.#choice = choice
    this.#issuer = issuer
    this.#calls = new CallReader(writer, choice, issuer)
    writer.touch(choice)
  }

  read(choice: Unread<ChatChoice>): void {
    const delta = objectOf<ChatDelta>(choice.delta)
    const logprobs = choice.logprobs
    if (delta !== undefined && isPlainText(delta) && !logprobs) this.#addText(delta.content as string, undefined)
    else if (delta !== undefined) this.#readDelta(delta, objectOf(logprobs))
    else this.#readMessage(objectOf(choice.message) ?? {}, objectOf(logprobs))
    for (const name in choice) if (!CHOICE_MEMBERS.has(name)) this.#pocket.note(name, (choice as Wire)[name])
    const raw = textOf(choice.finish_reason)
    if (raw === undefined || raw === 'error') return
    this.#raw = raw
    this.#writer.finish(this.#choice, this.#finishOf(raw))
  }

  /** Nothing can follow: what was held is written, and what was said late joins the finish. */
  end(): void {
    this.#closeText()
    this.#closeReasoning()
    this.#closeRefusal()
    this.#calls.end()
    this.#closeAudio()
    if (this.#members === undefined) return
    if (this.#raw !== undefined) this.#writer.finish(this.#choice, this.#finishOf(this.#raw))
    else
      this.#writer.finish(this.#choice, { reason: this.#unsaidReason, raw: undefined, native: nativeOf(this.#members) })
  }

  get #unsaidReason(): FinishReason {
    return this.#calls.isEmpty ? 'other' : 'tool-calls'
  }

  #finishOf(raw: string): Finish {
    return decodeFinish(raw, this.#members)
  }

  get #members(): Record<string, unknown> | undefined {
    const message = this.#messagePocket.members
    return message === undefined ? this.#pocket.members : { ...this.#pocket.members, message }
  }

  /** A whole message: the answer itself, or the repetition of what has come in deltas. */
  #readMessage(message: Unread<ChatDelta>, logprobs: Unread<ChatLogprobs> | undefined): void {
    if (this.#hasDelta) return this.#noteNatives(message)
    const { parts, seals } = readMessageReasoning(message, this.#issuer)
    for (const part of parts) writePart(this.#writer, this.#choice, part)
    this.#held = seals
    const {
      reasoning: _,
      reasoning_content: _1,
      reasoning_text: _2,
      reasoning_details: _3,
      reasoning_opaque: _4,
      ...rest
    } = message
    this.#readDelta(rest, logprobs)
  }

  #readDelta(delta: Unread<ChatDelta>, logprobs: Unread<ChatLogprobs> | undefined): void {
    this.#hasDelta = true
    this.#readReasoning(delta)
    this.#readContent(delta.content, logprobs)
    this.#addRefusal(textOf(delta.refusal) ?? '', logprobs)
    for (const item of itemsOf(delta.tool_calls)) this.#readCall(item)
    const legacy = objectOf<NonNullable<ChatDelta['function_call']>>(delta.function_call)
    if (legacy !== undefined) {
      this.#closeTexts()
      this.#calls.readLegacy(legacy)
    }
    for (const image of itemsOf(delta.images)) this.#readImage(image)
    this.#readAudio(objectOf<ChatAudio>(delta.audio))
    for (const item of itemsOf(delta.annotations)) {
      const annotation = readAnnotation(item)
      if (annotation !== undefined) this.#writer.annotate(this.#choice, annotation)
    }
    this.#noteNatives(delta)
  }

  #noteNatives(delta: Unread<ChatDelta>): void {
    for (const name in delta) if (!DELTA_MEMBERS.has(name)) this.#messagePocket.note(name, (delta as Wire)[name])
  }

  #readContent(content: unknown, logprobs: Unread<ChatLogprobs> | undefined): void {
    const tokens = logprobs && readLogprobs(logprobs.content)
    if (typeof content === 'string' || tokens !== undefined) this.#addText(textOf(content) ?? '', tokens)
    for (const item of itemsOf(content)) {
      const part = objectOf<ChatPart>(item)
      if (part?.type === 'thinking') this.#addReasoning('content', thinkingOf(part.thinking))
      else if (typeof part?.text === 'string') this.#addText(part.text, undefined)
      else if (typeof part?.refusal === 'string') this.#addRefusal(part.refusal, undefined)
      else if (part !== undefined) this.#writeNative({ content: [part] })
    }
  }

  #addText(text: string, tokens: ReturnType<typeof readLogprobs>): void {
    if (text === '' && tokens === undefined) return
    if (this.#reasoning !== undefined) this.#closeReasoning()
    if (this.#text === NONE) {
      this.#hasDelta = true
      this.#closeRefusal()
      this.#calls.closeComplete()
      this.#text = this.#writer.open({ choice: this.#choice, kind: 'text' })
    }
    this.#writer.text(this.#text, text, tokens)
  }

  #addRefusal(text: string, logprobs: Unread<ChatLogprobs> | undefined): void {
    const tokens = logprobs && readLogprobs(logprobs.refusal)
    if (text === '' && tokens === undefined) return
    if (this.#refusal === NONE) {
      this.#closeText()
      this.#closeReasoning()
      this.#calls.closeComplete()
      this.#refusal = this.#writer.open({ choice: this.#choice, kind: 'refusal' })
    }
    this.#writer.text(this.#refusal, text, tokens)
  }

  #readReasoning(delta: Unread<ChatDelta>): void {
    if (textOf(delta.reasoning_opaque) !== undefined) this.#openReasoning().opaque += delta.reasoning_opaque
    const slot = slotOf(delta)
    if (itemsOf(delta.reasoning_details).length > 0) this.#readDetails(delta, slot)
    else if (slot !== undefined) this.#addReasoning(slot, delta[slot] as string)
  }

  #readDetails(delta: Unread<ChatDelta>, slot: ReturnType<typeof slotOf>): void {
    const details = itemsOf(delta.reasoning_details).flatMap(item => objectOf<ReasoningDetail>(item) ?? [])
    const own = details.flatMap(detail => readOwnDetail(detail) ?? [])
    const foreign = details.filter(detail => readOwnDetail(detail) === undefined)
    // Beside our mark stands only what parts two summaries for those who read them as one text.
    const isBreak = own.some(({ type }) => type === 'break')
    if (slot === undefined) this.#addReasoning('reasoning_details', detailText(foreign))
    else if (!isBreak) this.#addReasoning(slot, delta[slot] as string)
    for (const detail of foreign) mergeDetail(this.#openReasoning().details, detail as Wire)
    for (const detail of own) this.#readOwn(detail)
  }

  #addReasoning(slot: string, text: string): void {
    if (text === '') return
    this.#closeText()
    if (this.#reasoning?.isDone) this.#closeReasoning()
    const reasoning = this.#openReasoning()
    reasoning.slot ??= slot
    reasoning.hasText = true
    this.#writer.text(reasoning.block, text)
  }

  #openReasoning(form: 'full' | 'summary' = 'full'): OpenReasoning {
    if (this.#reasoning !== undefined) return this.#reasoning
    this.#closeRefusal()
    this.#calls.closeComplete()
    const block = this.#writer.open({ choice: this.#choice, kind: 'reasoning', form })
    this.#reasoning = {
      block,
      slot: undefined,
      hasText: false,
      details: [],
      opaque: '',
      place: undefined,
      isDone: false,
    }
    return this.#reasoning
  }

  #readOwn(detail: OwnDetail): void {
    switch (detail.type) {
      case 'parts':
        this.#closeVisible()
        for (const part of detail.parts) writePart(this.#writer, this.#choice, part)
        break
      case 'seal':
        this.#sealVisible(detail.of, detail.seal)
        break
      case 'opening':
        this.#closeVisible()
        this.#openReasoning('summary').place = detail.place
        break
      case 'break':
        if (this.#reasoning !== undefined) this.#writer.breakPart(this.#reasoning.block)
        break
      case 'reasoning':
        this.#endReasoning(detail)
        break
    }
  }

  /** Our item at the end of a block: of the open one, or of one that has no text. */
  #endReasoning({ place, form, texts, seals }: Extract<OwnDetail, { type: 'reasoning' }>): void {
    const isOther = this.#reasoning?.place !== undefined && this.#reasoning.place !== place
    if (isOther || (texts.length === 0 && this.#reasoning?.place === undefined)) this.#closeReasoning()
    // The text of a block without a seal that has been closed already is only said once more.
    if (this.#reasoning === undefined && seals.length === 0) return
    if (this.#reasoning === undefined) this.#closeVisible()
    const reasoning = this.#openReasoning(form)
    if (!reasoning.hasText && texts.length > 0) this.#writeTexts(reasoning, texts)
    reasoning.place = place
    reasoning.isDone = true
    for (const seal of seals) this.#writer.seal(reasoning.block, seal)
    if (seals.length > 0) reasoning.slot = undefined
  }

  #writeTexts(reasoning: OpenReasoning, texts: readonly string[]): void {
    for (const [position, text] of texts.entries()) {
      if (position > 0) this.#writer.breakPart(reasoning.block)
      this.#writer.text(reasoning.block, text)
    }
    reasoning.hasText = true
  }

  #sealVisible(of: string, seal: Seal): void {
    const block = of === 'refusal' ? this.#refusal : this.#text
    if (block !== NONE) this.#writer.seal(block, seal)
  }

  #closeReasoning(): void {
    const reasoning = this.#reasoning
    if (reasoning === undefined) return
    this.#reasoning = undefined
    const seal = this.#sealOf(reasoning)
    if (seal !== undefined) this.#writer.seal(reasoning.block, seal)
    this.#writer.close(reasoning.block)
  }

  #sealOf({ slot, hasText, details, opaque }: OpenReasoning): Seal | undefined {
    const value = reasoningSealValue(slot, details, opaque)
    if (value === undefined) return undefined
    return { dialect: 'chat', issuer: this.#issuer, kind: hasText ? 'signature' : 'encrypted', value }
  }

  #readCall(value: unknown): void {
    const item = objectOf<NonNullable<ChatDelta['tool_calls']>[number]>(value)
    if (item === undefined) return
    // The calls before it are closed by the reader, once it knows that this is another.
    this.#closeTexts()
    this.#calls.read(item)
  }

  #readImage(value: unknown): void {
    const url = urlOf(objectOf<ChatPart>(value)?.image_url)
    const data = url === undefined ? undefined : readDataUrl(url)
    if (data === undefined) return this.#writeNative({ images: [value] })
    this.#closeVisible()
    const block = this.#writer.open({ choice: this.#choice, kind: 'media', mediaType: data.mediaType })
    this.#writer.data(block, data.data)
    this.#writer.close(block)
  }

  #readAudio(audio: Unread<ChatAudio> | undefined): void {
    if (audio === undefined) return
    if (this.#audio === undefined) {
      this.#closeVisible()
      // The format is what the client asked for; our own encoder says it.
      const mediaType = `audio/${textOf((audio as Wire).format) ?? '*'}`
      const block = { choice: this.#choice, kind: 'media', mediaType, item: textOf(audio.id) } as const
      this.#audio = { block: this.#writer.open(block), rest: '', transcript: '', expiresAt: undefined }
    }
    const state = this.#audio
    state.transcript += textOf(audio.transcript) ?? ''
    state.expiresAt = countOf(audio.expires_at) ?? state.expiresAt
    const data = state.rest + (textOf(audio.data) ?? '')
    const whole = data.length - (data.length % 4)
    state.rest = data.slice(whole)
    this.#writer.data(state.block, data.slice(0, whole))
  }

  #closeAudio(): void {
    if (this.#audio === undefined) return
    const { block, transcript, expiresAt } = this.#audio
    const members = defined<Record<string, unknown>>({ transcript: textOf(transcript), expires_at: expiresAt })
    this.#writer.close(block, Object.keys(members).length === 0 ? undefined : nativeOf(members))
    this.#audio = undefined
  }

  #writeNative(members: Record<string, unknown>): void {
    this.#closeVisible()
    this.#writer.close(this.#writer.open({ choice: this.#choice, kind: 'native', native: nativeOf(members) }))
  }

  #closeVisible(): void {
    this.#closeTexts()
    this.#calls.closeComplete()
  }

  #closeTexts(): void {
    this.#closeText()
    this.#closeReasoning()
    this.#closeRefusal()
  }

  #closeText(): void {
    if (this.#text === NONE) return
    for (const { of, seal } of this.#held) this.#sealVisible(of, seal)
    this.#writer.close(this.#text)
    this.#text = NONE
  }

  #closeRefusal(): void {
    if (this.#refusal === NONE) return
    for (const { of, seal } of this.#held) this.#sealVisible(of, seal)
    this.#writer.close(this.#refusal)
    this.#refusal = NONE
  }
}

/** What is known of the audio of a candidate. */
interface AudioBlock {
  readonly block: number
  /** Less than a quartet of base64. */
  rest: string
  transcript: string
  expiresAt: number | undefined
}

/** Text and nothing else: what nearly every delta is. */
function isPlainText(delta: Unread<ChatDelta>): boolean {
  if (typeof delta.content !== 'string' || delta.content === '') return false
  for (const name in delta) if (name !== 'content' && name !== 'role' && (delta as Wire)[name] !== null) return false
  return true
}

function urlOf(image: unknown): string | undefined {
  return textOf(image) ?? textOf(objectOf<{ url: string }>(image)?.url)
}

function readAnnotation(value: unknown): Annotation | undefined {
  const item = objectOf<ChatAnnotation>(value)
  if (item === undefined) return undefined
  const cited = objectOf<ChatAnnotation['url_citation']>(item.url_citation)
  const url = textOf(cited?.url)
  if (cited === undefined || url === undefined) return { kind: 'other', native: nativeOf({ annotation: value }) }
  return defined<Annotation>({
    kind: 'url',
    url,
    title: textOf(cited.title),
    quote: textOf(cited.content),
    start: countOf(cited.start_index),
    end: countOf(cited.end_index),
  })
}
