import { restOf, textOf, type Unread, type Wire } from '../value.ts'
import { type AnswerDesk, itemPocket, pocket } from './answer-desk.ts'
import type { ItemReader } from './item-reader.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

const CALL_MEMBERS = {
  function_call: new Set(['type', 'id', 'status', 'call_id', 'name', 'arguments']),
  custom_tool_call: new Set(['type', 'id', 'status', 'call_id', 'name', 'input']),
} as const

export class CallReader implements ItemReader {
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
