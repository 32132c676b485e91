import { textOf, type Unread, type Wire } from '../value.ts'
import { type AnswerDesk, pocket } from './answer-desk.ts'
import { hostedName, splitHosted } from './hosted.ts'
import type { ItemReader } from './item-reader.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

/** A call of a tool that the provider runs, with its result in the same item. */
export class HostedReader implements ItemReader {
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
