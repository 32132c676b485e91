import {
  type Annotation,
  type BlockStart,
  foldEvents,
  type Logprob,
  membersFor,
  type Native,
  type Seal,
  type StreamEvent,
  type ToolCallBlock,
  wrapParts,
} from '../../model/index.ts'
import { objectOf, parseJson, textOf, type Wire } from '../value.ts'
import { encodeAnnotation, encodeLogprobs, withRange } from './annotation.ts'
import { carrySeals, carrySealsOf } from './carrier.ts'
import { announceHosted, awaitsClient, isHosted, joinHosted } from './hosted.ts'
import type { Scribe } from './scribe.ts'

/** Writes one block. What its kind does not have is never asked of it. */
export interface BlockWriter {
  readonly item: ItemWriter | undefined
  text(text: string, logprobs: readonly Logprob[] | undefined): void
  breakPart(): void
  payload(text: string): void
  annotate(annotation: Annotation): void
  seal(seal: Seal): void
  end(native: Native | undefined): void
}

/** Writes one item: announced when it is made, done when its blocks are. */
export interface ItemWriter {
  readonly id: string
  readonly place: number
  /** Whether a block belongs to this item too. */
  accepts(start: BlockStart): boolean
  open(start: BlockStart, path: string): BlockWriter
  /** Writes the item as a whole. */
  finish(): void
}

/** @returns undefined for what has no place here */
export function createItem(scribe: Scribe, start: BlockStart): ItemWriter | undefined {
  const own = membersFor('responses', start.native)
  switch (start.kind) {
    case 'text':
    case 'refusal':
      return new MessageItem(scribe, start)
    case 'reasoning':
      return new ReasoningItem(scribe, start)
    case 'tool-call':
      if (start.runBy === 'client') return new CallItem(scribe, start)
      return isHosted(String(objectOf(own?.item)?.type)) ? new HostedItem(scribe, start) : undefined
    case 'media':
      return start.mediaType.startsWith('image/') ? new ImageItem(scribe, start) : undefined
    case 'native':
      if (own?.part !== undefined) return new MessageItem(scribe, start)
      return own?.item === undefined ? undefined : new NativeItem(scribe, start)
    case 'tool-result':
      return undefined
    default:
      return start satisfies never
  }
}

/** The members of the item that a block's pocket holds, over those that are known. */
function itemMembers(known: Wire, members: Native['members']): Wire {
  const more = objectOf(members.item)
  return more === undefined ? known : { ...known, ...more }
}

abstract class Writer implements BlockWriter {
  readonly item: ItemWriter
  protected readonly scribe: Scribe
  protected readonly path: string
  protected readonly seals: Seal[] = []

  constructor(scribe: Scribe, item: ItemWriter, path: string) {
    this.scribe = scribe
    this.item = item
    this.path = path
  }

  text(_text: string, _logprobs: readonly Logprob[] | undefined): void {}
  breakPart(): void {}
  payload(_text: string): void {}
  annotate(_annotation: Annotation): void {}
  seal(seal: Seal): void {
    this.seals.push(seal)
  }
  abstract end(native: Native | undefined): void
}

abstract class Item implements ItemWriter {
  readonly id: string
  readonly place: number
  protected readonly scribe: Scribe
  /** Members of the item beside those of its kind. */
  protected rest: Wire = {}

  constructor(scribe: Scribe, id: string, announced: Wire) {
    this.scribe = scribe
    this.id = id
    this.place = scribe.add(announced)
  }

  abstract accepts(start: BlockStart): boolean
  abstract open(start: BlockStart, path: string): BlockWriter
  abstract finish(): void

  /** Takes what a block's pocket says of its item. @returns the pocket's members if it is ours */
  take(native: Native | undefined, path: string): Native['members'] {
    const members = this.scribe.open(native, path)
    this.rest = itemMembers(this.rest, members)
    return members
  }

  protected done(item: Wire): void {
    this.scribe.done(this.place, JSON.stringify(item))
  }

  /** Seals of an item that has no place for them ride right behind it. */
  protected carry(seals: readonly Seal[]): void {
    if (seals.length === 0) return
    const token = carrySealsOf(this.id, seals)
    writeCarrier(this.scribe, token)
  }
}

/** A reasoning item that holds nothing but what we want back. */
function writeCarrier(scribe: Scribe, token: string): void {
  const item = { id: scribe.id(undefined, 'rs_'), type: 'reasoning', summary: [], encrypted_content: token }
  scribe.done(scribe.add(item), JSON.stringify(item))
}

/** A message: text, refusals, and parts that only this dialect knows. */
class MessageItem extends Item {
  /** JSON of the parts that are done, by their places. */
  readonly parts: string[] = []
  readonly seals: Seal[] = []
  #opened = 0

  constructor(scribe: Scribe, { item, native }: BlockStart) {
    const id = scribe.id(item, 'msg_')
    const added = { id, type: 'message', status: 'in_progress', role: 'assistant', content: [] }
    super(scribe, id, itemMembers(added, membersFor('responses', native) ?? {}))
  }

  accepts({ kind, native }: BlockStart): boolean {
    const isPart = kind === 'text' || kind === 'refusal' || membersFor('responses', native)?.part !== undefined
    return isPart && this.scribe.isLast(this.place)
  }

  open(start: BlockStart, path: string): BlockWriter {
    const place = this.#opened++
    const members = this.take(start.native, path)
    if (start.kind === 'native') return new NativePart(this.scribe, this, path, place, members)
    if (start.kind === 'refusal') this.scribe.hasRefusal = true
    return new TextPart(this.scribe, this, path, place, start.kind === 'text', members)
  }

  finish(): void {
    const { id, rest } = this
    const content = this.parts.join()
    const head = JSON.stringify({ id, type: 'message', status: 'completed', role: 'assistant', ...rest })
    this.scribe.done(this.place, `${head.slice(0, -1)},"content":[${content}]}`)
    this.carry(this.seals)
  }
}

class TextPart extends Writer {
  readonly #message: MessageItem
  readonly #place: number
  readonly #isText: boolean
  readonly #where: string
  readonly #deltaHead: string
  /** Where its text begins in the visible text. */
  readonly #base: number
  readonly #annotations: Wire[] = []
  readonly #logprobs: Wire[] = []
  #annotated = 0
  #members: Native['members']
  #text = ''

  constructor(
    scribe: Scribe,
    message: MessageItem,
    path: string,
    place: number,
    isText: boolean,
    own: Native['members'],
  ) {
    super(scribe, message, path)
    this.#message = message
    this.#place = place
    this.#isText = isText
    this.#members = own
    this.#base = scribe.visibleLength
    this.#where = `"item_id":${JSON.stringify(message.id)},"output_index":${message.place},"content_index":${place}`
    const type = isText ? 'response.output_text.delta' : 'response.refusal.delta'
    this.#deltaHead = `event: ${type}\ndata: {"type":"${type}",${this.#where},"delta":`
    const part = isText
      ? { type: 'output_text', annotations: [], logprobs: [], text: '' }
      : { type: 'refusal', refusal: '' }
    scribe.event('response.content_part.added', `${this.#where},"part":${JSON.stringify(part)}`)
  }

  override text(text: string, logprobs: readonly Logprob[] | undefined): void {
    const { scribe } = this
    this.#text += text
    if (this.#isText) scribe.visibleLength += text.length
    const tokens = logprobs === undefined || !this.#isText ? '[]' : this.#encodeLogprobs(logprobs)
    const end = this.#isText ? `,"logprobs":${tokens},"sequence_number":` : ',"sequence_number":'
    scribe.frames(`${this.#deltaHead}${JSON.stringify(text)}${end}${scribe.number()}}\n\n`)
    if (logprobs !== undefined && !this.#isText) scribe.losses.add(`${this.path}/logprobs`, 'no-slot')
  }

  override annotate(annotation: Annotation): void {
    const path = `${this.path}/annotations/${this.#annotated++}`
    const encoded = encodeAnnotation(annotation, this.#base, path, this.scribe.losses)
    if (encoded === undefined) return
    // What this dialect has said itself stays as it was.
    const wire = this.scribe.isOwn ? encoded : withRange(encoded)
    const at = this.#annotations.push(wire) - 1
    const members = `${this.#where},"annotation_index":${at},"annotation":${JSON.stringify(wire)}`
    this.scribe.event('response.output_text.annotation.added', members)
  }

  end(native: Native | undefined): void {
    const { item: _, ...rest } = { ...this.#members, ...this.#message.take(native, this.path) }
    const text = JSON.stringify(this.#text)
    const logprobs = JSON.stringify(this.#logprobs)
    const part = JSON.stringify(
      this.#isText
        ? { type: 'output_text', annotations: this.#annotations, logprobs: this.#logprobs, text: this.#text, ...rest }
        : { type: 'refusal', refusal: this.#text, ...rest },
    )
    if (this.#isText)
      this.scribe.event('response.output_text.done', `${this.#where},"text":${text},"logprobs":${logprobs}`)
    else this.scribe.event('response.refusal.done', `${this.#where},"refusal":${text}`)
    this.scribe.event('response.content_part.done', `${this.#where},"part":${part}`)
    this.#message.parts[this.#place] = part
    this.#message.seals.push(...this.seals)
  }

  #encodeLogprobs(logprobs: readonly Logprob[]): string {
    const tokens = encodeLogprobs(logprobs)
    this.#logprobs.push(...tokens)
    return JSON.stringify(tokens)
  }
}

/** A part of a message that only this dialect knows. */
class NativePart extends Writer {
  readonly #message: MessageItem
  readonly #place: number
  readonly #where: string
  #part: unknown

  constructor(scribe: Scribe, message: MessageItem, path: string, place: number, { part }: Native['members']) {
    super(scribe, message, path)
    this.#message = message
    this.#place = place
    this.#part = part
    this.#where = `"item_id":${JSON.stringify(message.id)},"output_index":${message.place},"content_index":${place}`
    scribe.event('response.content_part.added', `${this.#where},"part":${JSON.stringify(part)}`)
  }

  end(native: Native | undefined): void {
    this.#part = this.#message.take(native, this.path).part ?? this.#part
    const part = JSON.stringify(this.#part)
    this.scribe.event('response.content_part.done', `${this.#where},"part":${part}`)
    this.#message.parts[this.#place] = part
    this.#message.seals.push(...this.seals)
  }
}

/** How the two forms of reasoning are said. */
const REASONING = {
  summary: {
    part: 'summary_text',
    added: 'response.reasoning_summary_part.added',
    text: 'response.reasoning_summary_text',
    done: 'response.reasoning_summary_part.done',
    place: 'summary_index',
  },
  full: {
    part: 'reasoning_text',
    added: 'response.content_part.added',
    text: 'response.reasoning_text',
    done: 'response.content_part.done',
    place: 'content_index',
  },
} as const

type ReasoningForm = keyof typeof REASONING

function formOf(start: BlockStart): ReasoningForm {
  return start.kind === 'reasoning' ? start.form : 'summary'
}

class ReasoningItem extends Item {
  /** The parts of each form that there is. */
  readonly parts = new Map<ReasoningForm, Wire[]>()
  readonly seals = new Map<ReasoningForm, readonly Seal[]>()
  readonly paths = new Map<ReasoningForm, string>()
  /** Text has come: of two blocks without any, nobody could tell the order. */
  hasText = false

  constructor(scribe: Scribe, start: BlockStart) {
    const id = scribe.id(start.item, 'rs_')
    super(scribe, id, { id, type: 'reasoning', summary: [], ...(formOf(start) === 'full' ? { content: [] } : {}) })
  }

  /** A whole item has its summary first: text in full may follow it there, and not the other way round. */
  accepts(start: BlockStart): boolean {
    const isNext = start.kind === 'reasoning' && start.form === 'full' && !this.parts.has('full')
    return isNext && this.hasText && this.scribe.isLast(this.place)
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    const form = formOf(start)
    const parts: Wire[] = []
    this.parts.set(form, parts)
    this.paths.set(form, path)
    return new ReasoningWriter(this.scribe, this, path, form, parts)
  }

  finish(): void {
    const { id, rest, parts, seals } = this
    const content = parts.get('full')
    this.#loseEmpty()
    this.done({
      id,
      type: 'reasoning',
      summary: parts.get('summary') ?? [],
      ...(content === undefined ? {} : { content }),
      ...(seals.size === 0 ? {} : { encrypted_content: carrySeals(seals, id, parts.keys().next().value) }),
      ...rest,
    })
  }

  /** Of two blocks, one that holds nothing has no place. */
  #loseEmpty(): void {
    const isEmpty = (form: ReasoningForm) => this.parts.get(form)?.length === 0 && !this.seals.has(form)
    const forms = [...this.parts.keys()]
    const spare = forms.every(isEmpty) ? forms.slice(1) : forms.filter(isEmpty)
    for (const form of spare) this.scribe.losses.add(this.paths.get(form) ?? '', 'cosmetic')
  }
}

class ReasoningWriter extends Writer {
  readonly #reasoning: ReasoningItem
  readonly #form: ReasoningForm
  readonly #words: (typeof REASONING)[ReasoningForm]
  readonly #parts: Wire[]
  #where = ''
  /** Undefined while no part is open. */
  #text: string | undefined
  #hasBreak = false

  constructor(scribe: Scribe, reasoning: ReasoningItem, path: string, form: ReasoningForm, parts: Wire[]) {
    super(scribe, reasoning, path)
    this.#reasoning = reasoning
    this.#form = form
    this.#words = REASONING[form]
    this.#parts = parts
  }

  override text(text: string): void {
    if (this.#text === undefined) this.#openPart()
    this.#text += text
    this.scribe.event(`${this.#words.text}.delta`, `${this.#where},"delta":${JSON.stringify(text)}`)
  }

  override breakPart(): void {
    if (this.#text === undefined) this.#openPart()
    this.#closePart()
    this.#hasBreak = true
  }

  end(native: Native | undefined): void {
    if (this.#hasBreak && this.#text === undefined) this.#openPart()
    if (this.#text !== undefined) this.#closePart()
    this.#reasoning.take(native, this.path)
    if (this.seals.length > 0) this.#reasoning.seals.set(this.#form, this.seals)
  }

  #openPart(): void {
    const { id, place } = this.#reasoning
    const { added, part, place: name } = this.#words
    this.#text = ''
    this.#reasoning.hasText = true
    this.#where = `"item_id":${JSON.stringify(id)},"output_index":${place},"${name}":${this.#parts.length}`
    this.scribe.event(added, `${this.#where},"part":{"type":"${part}","text":""}`)
  }

  #closePart(): void {
    const { part: type, text, done } = this.#words
    const part = { type, text: this.#text }
    this.scribe.event(`${text}.done`, `${this.#where},"text":${JSON.stringify(this.#text)}`)
    this.scribe.event(done, `${this.#where},"part":${JSON.stringify(part)}`)
    this.#parts.push(part)
    this.#text = undefined
  }
}

const CALLS = {
  json: { type: 'function_call', member: 'arguments', event: 'response.function_call_arguments', prefix: 'fc_' },
  text: { type: 'custom_tool_call', member: 'input', event: 'response.custom_tool_call_input', prefix: 'ctc_' },
} as const

/** A call of a function, or of a custom tool. */
class CallItem extends Item {
  readonly form: (typeof CALLS)['json' | 'text']
  readonly seals: Seal[] = []
  payload = ''
  readonly #call: Wire

  constructor(scribe: Scribe, start: ToolCallBlock) {
    const form = CALLS[start.input]
    const id = scribe.id(start.item, form.prefix)
    const call = { call_id: start.callId, ...scribe.wireName(start.name) }
    const added = { id, type: form.type, status: 'in_progress', [form.member]: '', ...call }
    super(scribe, id, itemMembers(added, membersFor('responses', start.native) ?? {}))
    this.form = form
    this.#call = call
    scribe.hasCall = true
  }

  accepts(): boolean {
    return false
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    return new CallWriter(this.scribe, this, path)
  }

  finish(): void {
    const { id, form, payload, rest } = this
    this.done({ id, type: form.type, status: 'completed', [form.member]: payload, ...this.#call, ...rest })
    this.carry(this.seals)
  }
}

class CallWriter extends Writer {
  readonly #call: CallItem
  readonly #where: string

  constructor(scribe: Scribe, call: CallItem, path: string) {
    super(scribe, call, path)
    this.#call = call
    this.#where = `"item_id":${JSON.stringify(call.id)},"output_index":${call.place}`
  }

  override payload(text: string): void {
    this.#call.payload += text
    this.scribe.event(`${this.#call.form.event}.delta`, `${this.#where},"delta":${JSON.stringify(text)}`)
  }

  end(native: Native | undefined): void {
    const call = this.#call
    const { event, member } = call.form
    if (call.payload === '' && call.form === CALLS.json) {
      // The provider says that there are none as `{}`, and its clients parse what they get.
      this.payload('{}')
      this.scribe.losses.add(`${this.path}/payload`, 'unit')
    }
    this.scribe.event(`${event}.done`, `${this.#where},"${member}":${JSON.stringify(call.payload)}`)
    call.take(native, this.path)
    call.seals.push(...this.seals)
  }
}

/** A call that the provider ran, and its result, in one item of this dialect. */
class HostedItem extends Item {
  readonly seals: Seal[] = []
  readonly #callId: string
  #input = ''
  #output = ''

  constructor(scribe: Scribe, start: ToolCallBlock) {
    const id = scribe.id(start.item, 'item_')
    super(scribe, id, announceHosted(id, objectOf(membersFor('responses', start.native)?.item) ?? {}))
    this.#callId = start.callId
  }

  accepts(start: BlockStart): boolean {
    return start.kind === 'tool-result' && start.callId === this.#callId
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    const keep = start.kind === 'tool-call' ? this.#keepInput : this.#keepOutput
    return new HostedWriter(this.scribe, this, path, keep)
  }

  finish(): void {
    const input = objectOf(parseJson(this.#input)) ?? {}
    const output = objectOf(parseJson(this.#output)) ?? {}
    this.done(joinHosted(this.id, this.rest, input, output))
    this.carry(this.seals)
  }

  readonly #keepInput = (text: string): void => {
    this.#input += text
  }

  readonly #keepOutput = (text: string): void => {
    this.#output += text
  }
}

class HostedWriter extends Writer {
  readonly #hosted: HostedItem
  readonly #keep: (text: string) => void

  constructor(scribe: Scribe, hosted: HostedItem, path: string, keep: (text: string) => void) {
    super(scribe, hosted, path)
    this.#hosted = hosted
    this.#keep = keep
  }

  override payload(text: string): void {
    this.#keep(text)
  }

  end(native: Native | undefined): void {
    this.#hosted.take(native, this.path)
    this.#hosted.seals.push(...this.seals)
  }
}

class ImageItem extends Item {
  readonly seals: Seal[] = []
  readonly #format: string
  data = ''

  constructor(scribe: Scribe, start: BlockStart & { readonly kind: 'media' }) {
    const id = scribe.id(start.item, 'ig_')
    const format = start.mediaType.slice('image/'.length)
    super(scribe, id, { id, type: 'image_generation_call', status: 'in_progress', ...formatOf(format), result: null })
    this.#format = format
  }

  accepts(): boolean {
    return false
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    return new ImageWriter(this.scribe, this, path)
  }

  finish(): void {
    const { id, data, rest } = this
    const format = formatOf(this.#format)
    this.done({ id, type: 'image_generation_call', status: 'completed', ...format, ...rest, result: data })
    this.carry(this.seals)
  }
}

/** The usual format goes without saying. */
function formatOf(format: string): Wire {
  return format === 'png' ? {} : { output_format: format }
}

class ImageWriter extends Writer {
  readonly #image: ImageItem

  constructor(scribe: Scribe, image: ImageItem, path: string) {
    super(scribe, image, path)
    this.#image = image
  }

  /** A picture has no deltas here: it comes in one piece. */
  override payload(base64: string): void {
    this.#image.data += base64
  }

  end(native: Native | undefined): void {
    this.#image.take(native, this.path)
    this.#image.seals.push(...this.seals)
  }
}

/** An item that only this dialect understands, whole. */
class NativeItem extends Item {
  readonly seals: Seal[] = []

  constructor(scribe: Scribe, start: BlockStart) {
    const item = objectOf(membersFor('responses', start.native)?.item) ?? {}
    const known = start.item ?? textOf(item.id)
    const id = scribe.id(known, 'item_')
    super(scribe, id, known === id || known === undefined ? item : { ...item, id })
  }

  accepts(): boolean {
    return false
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    return new NativeWriter(this.scribe, this, path)
  }

  finish(): void {
    if (awaitsClient(this.rest)) this.scribe.isAwaiting = true
    this.done(this.rest)
    this.carry(this.seals)
  }
}

class NativeWriter extends Writer {
  readonly #native: NativeItem

  constructor(scribe: Scribe, native: NativeItem, path: string) {
    super(scribe, native, path)
    this.#native = native
  }

  end(native: Native | undefined): void {
    this.#native.take(native, this.path)
    this.#native.seals.push(...this.seals)
  }
}

/** A block that has no place here. */
export const NOWHERE: BlockWriter = {
  item: undefined,
  text() {},
  breakPart() {},
  payload() {},
  annotate() {},
  seal() {},
  end() {},
}

interface ForeignBlock {
  readonly start: BlockStart
  readonly path: string
  readonly events: StreamEvent[]
  isOpen: boolean
}

/**
 * Calls and results of another provider's tools: kept until every call has its result, then carried whole
 * in an opaque reasoning item, for the way back. A call without its result is a loss.
 */
export class ForeignTools {
  readonly #scribe: Scribe
  /** By the indices of the blocks, in order of opening. */
  readonly #blocks = new Map<number, ForeignBlock>()
  #isInterrupted = false

  constructor(scribe: Scribe) {
    this.#scribe = scribe
  }

  /** Another block opens: pairs that are not whole would come to stand behind it. */
  interrupt(): void {
    if (this.#blocks.size > 0) this.#isInterrupted = true
  }

  /** @returns whether the block is one of these */
  open(start: BlockStart, path: string): boolean {
    if (start.kind !== 'tool-result' && !(start.kind === 'tool-call' && start.runBy === 'provider')) return false
    this.#blocks.set(start.index, { start, path, events: [start], isOpen: true })
    return true
  }

  /** @returns whether the event belongs to one of these blocks */
  take(index: number, event: StreamEvent): boolean {
    const block = this.#blocks.get(index)
    if (block === undefined) return false
    block.events.push(event)
    if (event.type !== 'block-end') return true
    block.isOpen = false
    const blocks = [...this.#blocks.values()]
    if (blocks.every(other => !other.isOpen && this.#isPaired(other))) this.end()
    return true
  }

  /** Carries the pairs; what is none is a loss. */
  end(): void {
    const blocks = [...this.#blocks.values()]
    const pairs = blocks.filter(block => !this.#isInterrupted && this.#isPaired(block))
    for (const block of blocks) if (!pairs.includes(block)) this.#scribe.losses.add(block.path, 'no-slot')
    this.#blocks.clear()
    this.#isInterrupted = false
    const events = pairs.flatMap(({ events }) => events)
    if (events.length > 0) writeCarrier(this.#scribe, wrapParts(foldEvents(events).candidates[0]?.parts ?? []))
  }

  #isPaired({ start }: ForeignBlock): boolean {
    const kind = start.kind === 'tool-call' ? 'tool-result' : 'tool-call'
    return [...this.#blocks.values()].some(other => other.start.kind === kind && callOf(other) === callOf({ start }))
  }
}

function callOf({ start }: Pick<ForeignBlock, 'start'>): string | undefined {
  return start.kind === 'tool-call' || start.kind === 'tool-result' ? start.callId : undefined
}
