import type { Losses, Native } from '../../model/index.ts'
import type { Emit, EncodeAnswerContext } from '../codec.ts'
import type { Wire } from '../value.ts'
import { type WireName, wireNames } from './namespace.ts'

/** What the writers of the items of one answer share: numbers, places, ids, and the output as it grows. */
export class Scribe {
  readonly losses: Losses
  readonly #write: Emit<string>
  readonly #createId: (prefix: string) => string
  readonly #names: ReadonlyMap<string, WireName>
  readonly #ids = new Set<string>()
  /** The items that are done, as JSON, by their places. */
  readonly #output: (string | undefined)[] = []
  readonly #isNumbered: boolean
  #nextNumber = 0
  #isSilent = false
  /** Length of the text that the answer shows so far, in UTF-16 code units. */
  visibleLength = 0
  /** An item has been written that waits for the client to act. */
  isAwaiting = false
  hasCall = false
  hasRefusal = false
  /** The answer is one of this dialect. */
  readonly isOwn: boolean

  constructor(context: EncodeAnswerContext, write: Emit<string>) {
    this.#write = write
    this.#createId = prefix => context.createId(prefix)
    this.losses = context.losses
    this.isOwn = context.isOwn ?? false
    this.#names = wireNames(context.request)
    this.#isNumbered = context.isAmongOthers !== true
  }

  /** The next sequence number, taken; always 0 where others number. */
  number(): number {
    return this.#isNumbered ? this.#nextNumber++ : 0
  }

  /**
   * The answer has failed: what is written from here on is in the output, and no event tells of it. Clients
   * act on what is told to be done (Codex runs the call, and keeps the message for the next turn).
   */
  fallSilent(): void {
    this.#isSilent = true
  }

  /** Writes text that already is whole frames. */
  frames(text: string): void {
    if (!this.#isSilent) this.#write(text)
  }

  /** @param members JSON of the event's other members, without braces */
  event(type: string, members: string): void {
    if (this.#isSilent) return
    this.#write(`event: ${type}\ndata: {"type":"${type}",${members},"sequence_number":${this.number()}}\n\n`)
  }

  /** An id that no other item of this answer has: the upstream's if it can be. */
  id(known: string | undefined, prefix: string): string {
    const id = known === undefined || this.#ids.has(known) ? this.#createId(prefix) : known
    this.#ids.add(id)
    return id
  }

  wireName(name: string): WireName {
    return this.#names.get(name) ?? { name }
  }

  /** Announces an item. @returns its place in the output */
  add(item: Wire): number {
    const place = this.#output.push(undefined) - 1
    this.event('response.output_item.added', `"output_index":${place},"item":${JSON.stringify(item)}`)
    return place
  }

  /** Whether no other item has been announced since. */
  isLast(place: number): boolean {
    return place === this.#output.length - 1
  }

  /** Writes an item as a whole. @param json of it */
  done(place: number, json: string): void {
    this.#output[place] = json
    this.event('response.output_item.done', `"output_index":${place},"item":${json}`)
  }

  /** JSON of the output so far. */
  get output(): string {
    return `[${this.#output.filter(item => item !== undefined).join()}]`
  }

  /** The members of a pocket that is ours; a foreign one is a loss. */
  open(native: Native | undefined, path: string): Native['members'] {
    if (native === undefined) return NOTHING
    if (native.dialect === 'responses') return native.members
    this.losses.addNative(`${path}/native/members`, native.members)
    return NOTHING
  }
}

const NOTHING: Native['members'] = {}
