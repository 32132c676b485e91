import { textOf, type Unread } from '../value.ts'
import { type AnswerDesk, itemPocket, pocket } from './answer-desk.ts'
import type { ItemReader } from './item-reader.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

const IMAGE_MEMBERS: ReadonlySet<string> = new Set(['type', 'id', 'status', 'result'])
/** The format goes without saying when it is the media type's own, but for the usual one. */
const FORMAT_MEMBERS: ReadonlySet<string> = new Set([...IMAGE_MEMBERS, 'output_format'])

/** A picture. Those that come before it is done are replaced by it: only the last one is the answer's. */
export class ImageReader implements ItemReader {
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
