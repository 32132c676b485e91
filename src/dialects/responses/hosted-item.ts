import { type BlockStart, membersFor, type Native, type Seal, type ToolCallBlock } from '../../model/index.ts'
import { objectOf, parseJson } from '../value.ts'
import { announceHosted, joinHosted } from './hosted.ts'
import { type BlockWriter, Item, Writer } from './item-writer.ts'
import type { Scribe } from './scribe.ts'

/** A call that the provider ran, and its result, in one item of this dialect. */
export class HostedItem extends Item {
  readonly seals: Seal[] = []
  readonly #callId: string
  #input = ''
  #output = ''

  constructor(scribe: Scribe, start: ToolCallBlock) {
    const id = scribe.id(start.item, 'item_')
    super(scribe, id, announceHosted(id, objectOf(membersFor('responses', start.native)?.item) ?? {}))
    this.#callId = start.callId
  }

  accepts(start: BlockStart): boolean {
    return start.kind === 'tool-result' && start.callId === this.#callId
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    const keep = start.kind === 'tool-call' ? this.#keepInput : this.#keepOutput
    return new HostedWriter(this.scribe, this, path, keep)
  }

  finish(): void {
    const input = objectOf(parseJson(this.#input)) ?? {}
    const output = objectOf(parseJson(this.#output)) ?? {}
    this.done(joinHosted(this.id, this.rest, input, output))
    this.carry(this.seals)
  }

  readonly #keepInput = (text: string): void => {
    this.#input += text
  }

  readonly #keepOutput = (text: string): void => {
    this.#output += text
  }
}

class HostedWriter extends Writer {
  readonly #hosted: HostedItem
  readonly #keep: (text: string) => void

  constructor(scribe: Scribe, hosted: HostedItem, path: string, keep: (text: string) => void) {
    super(scribe, hosted, path)
    this.#hosted = hosted
    this.#keep = keep
  }

  override payload(text: string): void {
    this.#keep(text)
  }

  end(native: Native | undefined): void {
    this.#hosted.take(native, this.path)
    this.#hosted.seals.push(...this.seals)
  }
}
