import { parseExact } from '../../json/index.ts'
import { objectOf, type Wire } from '../value.ts'
import { completeJson } from './partial-json.ts'
import { withoutNulls } from './tables.ts'

type Members = Record<string, unknown>

/** Members of a delta that are appended to a block's, by the delta's type. */
const APPENDED: Readonly<Record<string, string>> = { text_delta: 'text', thinking_delta: 'thinking' }

/** Makes one message of the frames that our own encoder wrote, as the official client does. */
export class Accumulator {
  #message: Members = {}
  readonly #content: Members[] = []
  #input = ''

  get message(): Wire {
    return { ...this.#message, content: this.#content }
  }

  push(frame: string): void {
    const event = parseExact(frame.slice(frame.indexOf('data: ') + 6)) as Members
    switch (event.type) {
      case 'message_start':
        this.#message = event.message as Members
        break
      case 'content_block_start':
        this.#content.push(event.content_block as Members)
        this.#input = ''
        break
      case 'content_block_delta':
        this.#add(event.delta as Members)
        break
      case 'content_block_stop':
        this.#endInput()
        break
      case 'message_delta':
        this.#end(event)
        break
      default:
    }
  }

  #add({ type, ...members }: Members): void {
    const block = this.#content.at(-1)
    if (block === undefined) return
    const appended = APPENDED[String(type)]
    if (appended !== undefined) block[appended] = `${block[appended]}${members[appended]}`
    else if (type === 'signature_delta') block.signature = members.signature
    else if (type === 'citations_delta') block.citations = [...((block.citations as []) ?? []), members.citation]
    else if (type === 'input_json_delta') this.#input += members.partial_json
  }

  #endInput(): void {
    const block = this.#content.at(-1)
    if (block !== undefined && this.#input !== '') block.input = completeJson(this.#input) ?? {}
    this.#input = ''
  }

  #end({ type: _, delta, usage, ...members }: Members): void {
    const counted = { ...objectOf(this.#message.usage), ...withoutNulls({ ...objectOf(usage) }) }
    this.#message = { ...this.#message, ...objectOf(delta), usage: counted, ...members }
  }
}
