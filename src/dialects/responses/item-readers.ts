import { type Native, writePart } from '../../model/index.ts'
import { itemsOf, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { decodeAnnotation, decodeLogprobs } from './annotation.ts'
import { type AnswerDesk, itemPocket, type OwnBlock, pocket } from './answer-desk.ts'
import { type FormSeals, openCarrier } from './carrier.ts'
import { awaitsClient, hostedName, isHosted, splitHosted } from './hosted.ts'
import type { ResponsesEvent, ResponsesItem, ResponsesPart } from './wire.ts'

/** Reads the events of one item, and then the item as a whole. */
export interface ItemReader {
  readonly type: string
  readonly id: string | undefined
  isDone: boolean
  /** A block of another item opens: one that there will be in any case opens before it. */
  precede?(): void
  read(type: string, event: Unread<ResponsesEvent>): void
  /** Takes from the whole item what no event has said, and is done with it. */
  finish(item: Unread<ResponsesItem>): void
}

/** @param item as it was announced; it may say nothing yet but its type */
export function createReader(desk: AnswerDesk, item: Unread<ResponsesItem>, place: number): ItemReader {
  const type = textOf(item.type) ?? 'message'
  switch (type) {
    case 'message':
      return new MessageReader(desk, item)
    case 'reasoning':
      return new ReasoningReader(desk, item)
    case 'function_call':
    case 'custom_tool_call':
      return new CallReader(desk, item, type, place)
    case 'image_generation_call':
      return new ImageReader(desk, item)
    default:
      return isHosted(type) ? new HostedReader(desk, item, place) : new NativeReader(desk, item)
  }
}

const PART_KINDS: Readonly<Record<string, 'text' | 'refusal'>> = {
  output_text: 'text',
  input_text: 'text',
  text: 'text',
  refusal: 'refusal',
}

const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(['type', 'id', 'status', 'role', 'content'])
const PART_MEMBERS: ReadonlySet<string> = new Set(['type', 'text', 'refusal', 'annotations', 'logprobs'])

const KIND_KEYS = { text: 0, refusal: 1, native: 2 } as const

interface OpenPart {
  readonly index: number
  readonly isText: boolean
  /** Where its text begins in the visible text of the answer. */
  readonly base: number
  /** Characters that have come. */
  seen: number
  annotations: number
  hasLogprobs: boolean
  rest: Wire | undefined
}

class MessageReader implements ItemReader {
  readonly type = 'message'
  readonly id: string | undefined
  isDone = false
  readonly #desk: AnswerDesk
  /** By their places in the content and their kinds: of two kinds in one place, both are parts. */
  readonly #parts = new Map<number, OpenPart>()
  #pocket: Wire | undefined

  constructor(desk: AnswerDesk, item: Unread<ResponsesItem>) {
    this.#desk = desk
    this.id = textOf(item.id)
    const rest = restOf(item as Wire, MESSAGE_MEMBERS)
    this.#pocket = rest && { item: rest }
  }

  read(type: string, event: Unread<ResponsesEvent>): void {
    const place = typeof event.content_index === 'number' ? event.content_index : 0
    switch (type) {
      case 'response.output_text.delta':
        this.#append(this.#part(place, true), event.delta, event.logprobs)
        break
      case 'response.refusal.delta':
        this.#append(this.#part(place, false), event.delta, event.logprobs)
        break
      case 'response.output_text.done':
        this.#complete(this.#part(place, true), event.text, event.logprobs)
        break
      case 'response.refusal.done':
        this.#complete(this.#part(place, false), event.refusal, event.logprobs)
        break
      case 'response.output_text.annotation.added':
        this.#annotate(this.#part(place, true), event.annotation)
        break
      case 'response.content_part.added':
      case 'response.content_part.done':
        this.#readPart(place, event.part)
        break
      default:
        this.#desk.native(type, event)
    }
  }

  finish(item: Unread<ResponsesItem>): void {
    const content = typeof item.content === 'string' ? [{ type: 'output_text', text: item.content }] : item.content
    for (const [place, part] of itemsOf(content).entries()) this.#readPart(place, part)
    if (this.#parts.size === 0) this.#openWhole(item)
    let members = itemPocket(item, MESSAGE_MEMBERS, 'completed')
    for (const { index, rest } of this.#parts.values()) {
      this.#desk.linger(index, this.id, pocket({ ...members, ...rest }))
      members = undefined
    }
    this.isDone = true
  }

  #append(part: OpenPart, delta: unknown, logprobs: unknown): void {
    const text = typeof delta === 'string' ? delta : ''
    const tokens = decodeLogprobs(logprobs)
    part.seen += text.length
    if (part.isText) this.#desk.visibleLength += text.length
    if (tokens !== undefined) part.hasLogprobs = true
    this.#desk.writer.text(part.index, text, tokens)
  }

  /** What the whole text has beyond its deltas. */
  #complete(part: OpenPart, whole: unknown, logprobs: unknown): void {
    const text = typeof whole === 'string' ? whole.slice(part.seen) : ''
    this.#append(part, text, part.hasLogprobs ? undefined : logprobs)
  }

  #annotate(part: OpenPart, value: unknown): void {
    part.annotations++
    this.#desk.writer.annotate(0, decodeAnnotation(value, part.base), part.index)
  }

  #readPart(place: number, value: unknown): void {
    const wire = objectOf<ResponsesPart>(value)
    if (wire === undefined) return
    const kind = PART_KINDS[textOf(wire.type) ?? '']
    if (kind === undefined) {
      this.#readNative(place, wire)
      return
    }
    const part = this.#part(place, kind === 'text')
    this.#complete(part, kind === 'text' ? wire.text : wire.refusal, wire.logprobs)
    if (part.isText)
      for (const annotation of itemsOf(wire.annotations).slice(part.annotations)) this.#annotate(part, annotation)
    part.rest = restOf(wire as Wire, PART_MEMBERS)
  }

  /** A part of a kind that nobody knows: its last word counts. */
  #readNative(place: number, wire: Unread<ResponsesPart>): void {
    const rest = { part: { ...wire } }
    const part = this.#parts.get(place * 3 + KIND_KEYS.native)
    if (part === undefined) this.#open(place, { kind: 'native', native: { dialect: 'responses', members: rest } }, rest)
    else part.rest = rest
  }

  #part(place: number, isText: boolean): OpenPart {
    const kind = isText ? 'text' : 'refusal'
    return this.#parts.get(place * 3 + KIND_KEYS[kind]) ?? this.#open(place, { kind })
  }

  #open(place: number, block: OwnBlock, rest?: Wire): OpenPart {
    const ofItem = this.#parts.size === 0 ? this.#pocket : undefined
    const native = pocket({ ...ofItem, ...rest })
    const index = this.#desk.open({ ...block, item: this.id, native } as OwnBlock)
    const isText = block.kind === 'text'
    const part = { index, isText, base: this.#desk.visibleLength, seen: 0, annotations: 0, hasLogprobs: false, rest }
    this.#parts.set(place * 3 + KIND_KEYS[block.kind as keyof typeof KIND_KEYS], part)
    return part
  }

  /** A message that says nothing. */
  #openWhole(item: Unread<ResponsesItem>): void {
    const native = { dialect: 'responses', members: { item: { ...item } } } as const
    this.#desk.linger(this.#desk.open({ kind: 'native', item: this.id, native }), this.id, undefined)
  }
}

const REASONING_MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'id',
  'status',
  'summary',
  'content',
  'encrypted_content',
])

/** The parts of one form of reasoning, which are one block. */
interface OpenReasoning {
  readonly index: number
  part: number
  /** Characters of the part that have come. */
  seen: number
}

class ReasoningReader implements ItemReader {
  readonly type = 'reasoning'
  readonly id: string | undefined
  isDone = false
  readonly #desk: AnswerDesk
  readonly #isFull: boolean
  readonly #open = new Map<'full' | 'summary', OpenReasoning>()

  constructor(desk: AnswerDesk, item: Unread<ResponsesItem>) {
    this.#desk = desk
    this.id = textOf(item.id)
    this.#isFull = Array.isArray(item.content)
  }

  precede(): void {
    if (this.#open.size === 0) this.#blockOf(this.#isFull ? 'full' : 'summary')
  }

  read(type: string, event: Unread<ResponsesEvent>): void {
    const summaryPlace = typeof event.summary_index === 'number' ? event.summary_index : 0
    const place = typeof event.content_index === 'number' ? event.content_index : 0
    switch (type) {
      case 'response.reasoning_summary_text.delta':
        this.#append('summary', summaryPlace, event.delta, false)
        break
      case 'response.reasoning_summary_text.done':
        this.#append('summary', summaryPlace, event.text, true)
        break
      case 'response.reasoning_summary_part.added':
      case 'response.reasoning_summary_part.done':
        this.#append('summary', summaryPlace, textIn(event.part), true)
        break
      case 'response.reasoning_text.delta':
        this.#append('full', place, event.delta, false)
        break
      case 'response.reasoning_text.done':
        this.#append('full', place, event.text, true)
        break
      case 'response.content_part.added':
      case 'response.content_part.done':
        this.#append('full', place, textIn(event.part), true)
        break
      default:
        this.#desk.native(type, event)
    }
  }

  finish(item: Unread<ResponsesItem>): void {
    this.isDone = true
    for (const [place, part] of itemsOf(item.summary).entries()) this.#append('summary', place, textIn(part), true)
    for (const [place, part] of itemsOf(item.content).entries()) this.#append('full', place, textIn(part), true)
    const token = textOf(item.encrypted_content)
    const carried = token === undefined ? undefined : openCarrier(token, textOf(item.id), this.#desk.issuer)
    if (carried?.kind === 'parts') for (const part of carried.parts) writePart(this.#desk.writer, 0, part)
    if (this.#open.size === 0) {
      if (carried !== undefined && carried.kind !== 'seals') return
      const first = carried?.ofForms[0]?.form
      this.#blockOf(first ?? (this.#isFull || Array.isArray(item.content) ? 'full' : 'summary'))
    }
    if (carried?.kind === 'seals') this.#seal(carried.ofForms)
    this.#close(pocket(itemPocket(item, REASONING_MEMBERS)))
  }

  #seal(ofForms: readonly FormSeals[]): void {
    for (const { form, seals } of ofForms) {
      const block = form === undefined ? [...this.#open.values()][0] : this.#blockOf(form)
      if (block !== undefined) for (const seal of seals) this.#desk.writer.seal(block.index, seal)
    }
  }

  /** The pocket is the first block's. */
  #close(native: Native | undefined): void {
    for (const [n, { index }] of [...this.#open.values()].entries())
      this.#desk.writer.close(index, n === 0 ? native : undefined)
  }

  /** @param isWhole the text is all of the part, of which some may have come */
  #append(form: 'full' | 'summary', place: number, value: unknown, isWhole: boolean): void {
    const text = typeof value === 'string' ? value : ''
    const block = this.#blockOf(form)
    if (place < block.part) return
    for (; block.part < place && block.part < MAX_PARTS; block.part++) {
      this.#desk.writer.breakPart(block.index)
      block.seen = 0
    }
    const more = isWhole ? text.slice(block.seen) : text
    block.seen += more.length
    this.#desk.writer.text(block.index, more)
  }

  #blockOf(form: 'full' | 'summary'): OpenReasoning {
    let block = this.#open.get(form)
    if (block === undefined) {
      block = { index: this.#desk.open({ kind: 'reasoning', form, item: this.id }), part: 0, seen: 0 }
      this.#open.set(form, block)
    }
    return block
  }
}

/** A damaged place may be any number; nobody reasons in so many parts. */
const MAX_PARTS = 1000

function textIn(part: unknown): unknown {
  return objectOf<ResponsesPart>(part)?.text
}

const CALL_MEMBERS = {
  function_call: new Set(['type', 'id', 'status', 'call_id', 'name', 'arguments']),
  custom_tool_call: new Set(['type', 'id', 'status', 'call_id', 'name', 'input']),
} as const

class CallReader implements ItemReader {
  readonly type: 'function_call' | 'custom_tool_call'
  readonly id: string | undefined
  isDone = false
  readonly #desk: AnswerDesk
  readonly #place: number
  #index: number | undefined
  /** What came before the name did. */
  #held = ''
  #seen = 0

  constructor(desk: AnswerDesk, item: Unread<ResponsesItem>, type: CallReader['type'], place: number) {
    this.#desk = desk
    this.#place = place
    this.type = type
    this.id = textOf(item.id)
    if (textOf(item.name) !== undefined) this.#open(item)
  }

  read(type: string, event: Unread<ResponsesEvent>): void {
    switch (type) {
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#append(typeof event.delta === 'string' ? event.delta : '')
        break
      case 'response.function_call_arguments.done':
        this.#complete(event.arguments)
        break
      case 'response.custom_tool_call_input.done':
        this.#complete(event.input)
        break
      default:
        this.#desk.native(type, event)
    }
  }

  finish(item: Unread<ResponsesItem>): void {
    const index = this.#index ?? this.#open(item)
    this.#complete(this.type === 'function_call' ? item.arguments : item.input)
    this.#desk.linger(index, this.id, pocket(itemPocket(item, CALL_MEMBERS[this.type], 'completed')))
    this.isDone = true
  }

  #open(item: Unread<ResponsesItem>): number {
    const rest = restOf(item as Wire, CALL_MEMBERS[this.type])
    const index = this.#desk.open({
      kind: 'tool-call',
      callId: textOf(item.call_id) ?? this.id ?? `call_${this.#place}`,
      name: textOf(item.name) ?? '',
      runBy: 'client',
      input: this.type === 'function_call' ? 'json' : 'text',
      item: this.id,
      native: pocket(rest && { item: rest }),
    })
    this.#index = index
    this.#desk.writer.payload(index, this.#held)
    return index
  }

  #append(text: string): void {
    this.#seen += text.length
    if (this.#index === undefined) this.#held += text
    else this.#desk.writer.payload(this.#index, text)
  }

  #complete(whole: unknown): void {
    const text = typeof whole === 'string' ? whole : isEmpty(whole) ? '' : JSON.stringify(whole)
    this.#append(text.slice(this.#seen))
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null
}

/** A call of a tool that the provider runs, with its result in the same item. */
class HostedReader implements ItemReader {
  readonly type: string
  readonly id: string | undefined
  isDone = false
  readonly #desk: AnswerDesk
  readonly #callId: string
  readonly #index: number

  constructor(desk: AnswerDesk, item: Unread<ResponsesItem>, place: number) {
    this.#desk = desk
    this.type = textOf(item.type) ?? ''
    this.id = textOf(item.id)
    this.#callId = textOf(item.call_id) ?? this.id ?? `hosted_${place}`
    const { status: _, ...rest } = splitHosted(item as Wire).rest
    this.#index = desk.open({
      kind: 'tool-call',
      callId: this.#callId,
      name: hostedName(item),
      runBy: 'provider',
      input: 'json',
      item: this.id,
      native: pocket({ item: rest }),
    })
  }

  read(type: string, event: Unread<ResponsesEvent>): void {
    this.#desk.native(type, event)
  }

  finish(item: Unread<ResponsesItem>): void {
    const { writer } = this.#desk
    const { input, output, rest, failed } = splitHosted({ ...item, type: this.type })
    writer.payload(this.#index, input)
    writer.close(this.#index, pocket({ item: rest }))
    const result = this.#desk.open({ kind: 'tool-result', callId: this.#callId, failed, item: this.id })
    writer.payload(result, output)
    writer.close(result)
    this.isDone = true
  }
}

const IMAGE_MEMBERS: ReadonlySet<string> = new Set(['type', 'id', 'status', 'result'])
/** The format goes without saying when it is the media type's own, but for the usual one. */
const FORMAT_MEMBERS: ReadonlySet<string> = new Set([...IMAGE_MEMBERS, 'output_format'])

/** A picture. Those that come before it is done are replaced by it: only the last one is the answer's. */
class ImageReader implements ItemReader {
  readonly type = 'image_generation_call'
  readonly id: string | undefined
  isDone = false
  readonly #desk: AnswerDesk
  readonly #format: string
  #index: number | undefined

  constructor(desk: AnswerDesk, item: Unread<ResponsesItem>) {
    this.#desk = desk
    this.id = textOf(item.id)
    this.#format = textOf(item.output_format) ?? 'png'
  }

  precede(): void {
    this.#index ??= this.#open(this.#format)
  }

  read(type: string, event: Unread<ResponsesEvent>): void {
    const format = textOf(event.output_format)
    if (format !== undefined) this.#index ??= this.#open(format)
    this.#desk.native(type, event)
  }

  finish(item: Unread<ResponsesItem>): void {
    this.isDone = true
    const { writer } = this.#desk
    const result = typeof item.result === 'string' ? item.result : undefined
    if (result === undefined && this.#index === undefined) {
      const native = { dialect: 'responses', members: { item: { ...item, type: this.type } } } as const
      writer.close(this.#desk.open({ kind: 'native', item: this.id, native }))
      return
    }
    const index = this.#index ?? this.#open(textOf(item.output_format) ?? 'png')
    writer.data(index, result ?? '')
    writer.close(
      index,
      pocket(itemPocket(item, item.output_format === 'png' ? IMAGE_MEMBERS : FORMAT_MEMBERS, 'completed')),
    )
  }

  #open(format: string): number {
    return this.#desk.open({ kind: 'media', mediaType: `image/${format}`, item: this.id })
  }
}

/** An item that only this dialect understands, whole. */
class NativeReader implements ItemReader {
  readonly type: string
  readonly id: string | undefined
  isDone = false
  readonly #desk: AnswerDesk
  readonly #index: number

  constructor(desk: AnswerDesk, item: Unread<ResponsesItem>) {
    this.#desk = desk
    this.type = textOf(item.type) ?? ''
    this.id = textOf(item.id)
    const native = { dialect: 'responses', members: { item: { ...item } } } as const
    this.#index = desk.open({ kind: 'native', item: this.id, native })
  }

  read(type: string, event: Unread<ResponsesEvent>): void {
    this.#desk.native(type, event)
  }

  finish(item: Unread<ResponsesItem>): void {
    if (awaitsClient(item)) this.#desk.isPaused = true
    this.#desk.writer.close(this.#index, pocket({ item: { ...item } }))
    this.isDone = true
  }
}
