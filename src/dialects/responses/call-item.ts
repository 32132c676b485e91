import { type BlockStart, membersFor, type Native, type Seal, type ToolCallBlock } from '../../model/index.ts'
import type { Wire } from '../value.ts'
import { type BlockWriter, Item, itemMembers, Writer } from './item-writer.ts'
import type { Scribe } from './scribe.ts'

const CALLS = {
  json: { type: 'function_call', member: 'arguments', event: 'response.function_call_arguments', prefix: 'fc_' },
  text: { type: 'custom_tool_call', member: 'input', event: 'response.custom_tool_call_input', prefix: 'ctc_' },
} as const

/** A call of a function, or of a custom tool. */
export class CallItem extends Item {
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
    const { id, form, status, payload, rest } = this
    this.done({ id, type: form.type, status, [form.member]: payload, ...this.#call, ...rest })
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
    if (call.payload === '' && call.form === CALLS.json && call.status === 'completed') {
      // The provider says that there are none as `{}`, and its clients parse what they get.
      this.payload('{}')
      this.scribe.losses.add(`${this.path}/payload`, 'unit')
    }
    this.scribe.event(`${event}.done`, `${this.#where},"${member}":${JSON.stringify(call.payload)}`)
    call.take(native, this.path)
    call.seals.push(...this.seals)
  }
}
