import { type BlockStart, Fold, isProviderRun, type Part, type Seal, type StreamEvent } from '../model/index.ts'
import type { Slot } from './put-back.ts'
import type { Origin, OwnedSeals } from './seal-memory.ts'
import { TextDigest } from './text-digest.ts'

/**
 * Learns from the events of one answer what its client may not send back, and has it remembered when the
 * answer is complete. Of what the client surely keeps, texts and payloads of its calls, only the measure
 * is held. Of several candidates the first one counts. A refusal is not remembered: it comes back as a
 * text or as something else, and what led to it is seldom gone on with.
 */
export class SealRecording {
  readonly #seals: OwnedSeals
  readonly #origin: Origin
  readonly #before: string
  readonly #visible: TextDigest
  /** The shape of the turn: all its blocks, with the content of those that are kept. */
  #fold: Fold | undefined = new Fold()
  /** Of each text: its length in UTF-16 units, by block index. */
  readonly #lengths = new Map<number, number>()
  readonly #isKept = new Map<number, boolean>()

  /** @param before what the client said last */
  constructor(seals: OwnedSeals, origin: Origin, before: string) {
    this.#seals = seals
    this.#origin = origin
    this.#before = before
    this.#visible = new TextDigest(seals.memory.seed)
  }

  note(event: StreamEvent): void {
    if (this.#fold === undefined) return
    switch (event.type) {
      case 'text-delta':
        if (this.#isKept.get(event.index) === true) this.#keep(event)
        else this.#measure(event.index, event.text)
        break
      case 'block-start':
        if (event.choice === 0) this.#open(event)
        break
      case 'payload-delta':
        if (this.#isKept.get(event.index) === true) this.#keep(event)
        break
      case 'seal':
      case 'part-break':
      case 'block-end':
        if (this.#isKept.has(event.index)) this.#keep(event)
        break
      case 'message-end':
        this.#settle(this.#fold)
        this.#fold = undefined
        break
      case 'error':
        this.#fold = undefined
        break
      default:
    }
  }

  #open(block: BlockStart): void {
    const { kind, index } = block
    this.#isKept.set(index, kind === 'reasoning' || isProviderRun(block))
    if (kind === 'text') this.#lengths.set(index, 0)
    if (kind === 'refusal') this.#fold = undefined
    else this.#keep(block)
  }

  #keep(event: StreamEvent): void {
    this.#fold?.push(event)
    if ((this.#fold?.textLength ?? 0) > this.#seals.memory.maxAnswerLength) this.#fold = undefined
  }

  #measure(index: number, text: string): void {
    const length = this.#lengths.get(index)
    if (length === undefined) return
    this.#lengths.set(index, length + text.length)
    this.#visible.push(text)
  }

  #settle({ message }: Fold): void {
    const parts = message.candidates[0]?.parts ?? []
    const lengths = [...this.#lengths.values()]
    const slots = parts.flatMap(part => this.#slotOf(part, lengths))
    if (!slots.some(slot => slot.kind === 'kept' || slot.seals.length > 0)) return
    const marks = {
      before: this.#before,
      callIds: slots.flatMap(slot => (slot.kind === 'call' ? [slot.callId] : [])),
      text: this.#visible.isEmpty ? undefined : this.#visible.value,
    }
    this.#seals.remember(marks, this.#origin, slots)
  }

  /** @param lengths of the texts that are still to come */
  #slotOf(part: Part, lengths: number[]): Slot[] {
    const seals = (part.seals ?? []).filter(seal => this.#isOwn(seal))
    switch (part.kind) {
      case 'text':
        return [{ kind: 'text', length: lengths.shift() ?? 0, seals }]
      case 'reasoning': {
        const { kind, form, texts } = part
        return seals.length === 0 ? [] : [{ kind: 'kept', part: { kind, form, texts, seals } }]
      }
      case 'tool-call':
        if (part.runBy === 'client') return [{ kind: 'call', callId: part.callId, seals }]
        return [{ kind: 'kept', part }]
      case 'tool-result':
        return [{ kind: 'kept', part }]
      case 'refusal':
      case 'media':
      case 'native':
        return []
      default:
        part satisfies never
        return []
    }
  }

  /** What the upstream itself had from somebody else would be refused to it. */
  #isOwn({ dialect, issuer }: Seal): boolean {
    return dialect === this.#origin.dialect && issuer === this.#origin.issuer
  }
}
