import { textOf, type Unread } from '../value.ts'
import { type AnswerDesk, pocket } from './answer-desk.ts'
import { awaitsClient } from './hosted.ts'
import type { ItemReader } from './item-reader.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

/** An item that only this dialect understands, whole. */
export class NativeReader implements ItemReader {
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
