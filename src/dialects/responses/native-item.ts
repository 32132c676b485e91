import { type BlockStart, membersFor, type Native, type Seal } from '../../model/index.ts'
import { objectOf, textOf } from '../value.ts'
import { awaitsClient } from './hosted.ts'
import { type BlockWriter, Item, Writer } from './item-writer.ts'
import type { Scribe } from './scribe.ts'

/** An item that only this dialect understands, whole. */
export class NativeItem extends Item {
  readonly seals: Seal[] = []

  constructor(scribe: Scribe, start: BlockStart) {
    const item = objectOf(membersFor('responses', start.native)?.item) ?? {}
    const known = start.item ?? textOf(item.id)
    const id = scribe.id(known, 'item_')
    super(scribe, id, known === id || known === undefined ? item : { ...item, id })
  }

  accepts(): boolean {
    return false
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    return new NativeWriter(this.scribe, this, path)
  }

  finish(): void {
    if (awaitsClient(this.rest)) this.scribe.isAwaiting = true
    this.done(this.rest)
    this.carry(this.seals)
  }
}

class NativeWriter extends Writer {
  readonly #native: NativeItem

  constructor(scribe: Scribe, native: NativeItem, path: string) {
    super(scribe, native, path)
    this.#native = native
  }

  end(native: Native | undefined): void {
    this.#native.take(native, this.path)
    this.#native.seals.push(...this.seals)
  }
}
