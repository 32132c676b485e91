import type { BlockStart, Native, Seal } from '../../model/index.ts'
import type { Wire } from '../value.ts'
import { carrySeals } from './carrier.ts'
import { type BlockWriter, Item, Writer } from './item-writer.ts'
import type { Scribe } from './scribe.ts'

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

/** Clients show summaries (Codex, Vercel's), and send nothing else back: what another dialect says in full is one. */
function formOf(start: BlockStart, { isOwn }: Scribe): ReasoningForm {
  return isOwn && start.kind === 'reasoning' ? start.form : 'summary'
}

export class ReasoningItem extends Item {
  /** The parts of each form that there is. */
  readonly parts = new Map<ReasoningForm, Wire[]>()
  readonly seals = new Map<ReasoningForm, readonly Seal[]>()
  readonly paths = new Map<ReasoningForm, string>()
  /** Text has come: of two blocks without any, nobody could tell the order. */
  hasText = false

  constructor(scribe: Scribe, start: BlockStart) {
    const id = scribe.id(start.item, 'rs_')
    super(scribe, id, {
      id,
      type: 'reasoning',
      summary: [],
      ...(formOf(start, scribe) === 'full' ? { content: [] } : {}),
    })
  }

  /** A whole item has its summary first: text in full may follow it there, and not the other way round. */
  accepts(start: BlockStart): boolean {
    const isNext = start.kind === 'reasoning' && formOf(start, this.scribe) === 'full' && !this.parts.has('full')
    return isNext && this.hasText && this.scribe.isLast(this.place)
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    const form = formOf(start, this.scribe)
    if (start.kind === 'reasoning' && start.form !== form) this.scribe.losses.add(`${path}/form`, 'cosmetic')
    const parts: Wire[] = []
    this.parts.set(form, parts)
    this.paths.set(form, path)
    return new ReasoningWriter(this.scribe, this, path, form, parts)
  }

  finish(): void {
    const { id, status, rest, parts, seals } = this
    const content = parts.get('full')
    this.#loseEmpty()
    this.done({
      id,
      type: 'reasoning',
      ...(status === 'completed' ? {} : { status }),
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
    this.#openPart()
  }

  end(native: Native | undefined): void {
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
