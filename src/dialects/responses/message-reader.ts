import { itemsOf, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { decodeAnnotation, decodeLogprobs } from './annotation.ts'
import { type AnswerDesk, itemPocket, type OwnBlock, pocket } from './answer-desk.ts'
import type { ItemReader } from './item-reader.ts'
import type { ResponsesEvent, ResponsesItem, ResponsesPart } from './wire.ts'

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

export class MessageReader implements ItemReader {
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
