import { type Native, writePart } from '../../model/index.ts'
import { itemsOf, objectOf, textOf, type Unread } from '../value.ts'
import { type AnswerDesk, itemPocket, pocket } from './answer-desk.ts'
import { type FormSeals, openCarrier } from './carrier.ts'
import type { ItemReader } from './item-reader.ts'
import type { ResponsesEvent, ResponsesItem, ResponsesPart } from './wire.ts'

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

export class ReasoningReader implements ItemReader {
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
