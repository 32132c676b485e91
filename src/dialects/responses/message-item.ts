import {
  type Annotation,
  type BlockStart,
  type Logprob,
  membersFor,
  type Native,
  type Seal,
} from '../../model/index.ts'
import type { Wire } from '../value.ts'
import { encodeAnnotation, encodeLogprobs, withRange } from './annotation.ts'
import { type BlockWriter, Item, itemMembers, Writer } from './item-writer.ts'
import type { Scribe } from './scribe.ts'

/** A message: text, refusals, and parts that only this dialect knows. */
export class MessageItem extends Item {
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
    const { id, status, rest } = this
    const content = this.parts.join()
    const head = JSON.stringify({ id, type: 'message', status, role: 'assistant', ...rest })
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
