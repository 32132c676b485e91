import type { Failure } from '../errors.ts'
import type { Annotation, Logprob } from './annotation.ts'
import type { BlockEnd, BlockKind, BlockStart, MessageEnd, MessageStart, StreamEvent } from './event.ts'
import type { Finish } from './finish.ts'
import { CONTENT, type Content } from './grammar.ts'
import type { Native } from './native.ts'
import type { Seal } from './seal.ts'
import type { Usage } from './usage.ts'

/** A block before it has its number. */
export type NewBlock = BlockStart extends infer B ? (B extends BlockStart ? Omit<B, 'type' | 'index'> : never) : never

interface OpenBlock {
  readonly kind: BlockKind
  readonly content: Content
  readonly choice: number
  seals: Seal[] | undefined
}

/** The finish of a candidate of which nobody said why it ended. */
const UNSAID: Finish = { reason: 'other', raw: undefined }

/**
 * Writes the neutral stream for a decoder, and keeps its grammar whatever the decoder is given: blocks
 * are numbered, what belongs at their end is held until then, and nothing follows the end. What fits
 * no open block is left out; only a decoder that is wrong about its own blocks comes to that.
 */
export class EventWriter {
  readonly #emit: (event: StreamEvent) => void
  readonly #open = new Map<number, OpenBlock>()
  /** Per candidate: whether it called a tool that the client runs. */
  readonly #calling = new Map<number, boolean>()
  readonly #finishes = new Map<number, Finish>()
  #nextIndex = 0
  #hasStarted = false
  #hasEnded = false

  constructor(emit: (event: StreamEvent) => void) {
    this.#emit = emit
  }

  /** `message-start` has been written. */
  get hasStarted(): boolean {
    return this.#hasStarted
  }

  /** `message-end` or `error` has been written: nothing can follow. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** There is a candidate, and every one has its finish. */
  get isFinished(): boolean {
    return this.#finishes.size > 0 && this.#finishes.size === this.#calling.size
  }

  /** Only the first start counts. */
  start(start: Omit<MessageStart, 'type'>): void {
    if (this.#hasStarted || this.#hasEnded) return
    this.#hasStarted = true
    this.#emit({ type: 'message-start', ...start })
  }

  /** Says that a candidate exists, which may end without a block. */
  touch(choice: number): void {
    if (!this.#calling.has(choice)) this.#calling.set(choice, false)
  }

  /**
   * Begins a block.
   * @returns the block's index, by which everything else names it
   */
  open(block: NewBlock): number {
    const index = this.#nextIndex++
    const { choice } = block
    this.touch(choice)
    if (block.kind === 'tool-call' && block.runBy === 'client') this.#calling.set(choice, true)
    this.#open.set(index, { kind: block.kind, content: CONTENT[block.kind], choice, seals: undefined })
    this.#write({ type: 'block-start', index, ...block })
    return index
  }

  /** Whether the block has begun and not ended. */
  isOpen(index: number): boolean {
    return this.#open.has(index)
  }

  /** An empty text is nothing, unless it has log probabilities. */
  text(index: number, text: string, logprobs?: readonly Logprob[]): void {
    if (this.#open.get(index)?.content !== 'text') return
    if (logprobs !== undefined && logprobs.length > 0) this.#write({ type: 'text-delta', index, text, logprobs })
    else if (text !== '') this.#write({ type: 'text-delta', index, text })
  }

  /** In a reasoning block: the next part begins. */
  breakPart(index: number): void {
    if (this.#open.get(index)?.kind === 'reasoning') this.#write({ type: 'part-break', index })
  }

  /** Of a tool call or result. An empty text is nothing. */
  payload(index: number, text: string): void {
    if (this.#open.get(index)?.content === 'payload' && text !== '') this.#write({ type: 'payload-delta', index, text })
  }

  /** Of a medium. An empty text is nothing. */
  data(index: number, base64: string): void {
    if (this.#open.get(index)?.content === 'data' && base64 !== '') this.#write({ type: 'data-delta', index, base64 })
  }

  /** Held until the block closes: of several of one kind the last one counts. */
  seal(index: number, seal: Seal): void {
    const block = this.#open.get(index)
    if (block === undefined) return
    block.seals = [...(block.seals ?? []).filter(({ kind }) => kind !== seal.kind), seal]
  }

  /**
   * A source of a block, or without an index of the candidate.
   * @param index the text block it is about; once that is closed, or without one, it is about the candidate
   */
  annotate(choice: number, annotation: Annotation, index?: number): void {
    this.touch(choice)
    const block = index === undefined ? undefined : this.#open.get(index)
    const isInBlock = block?.kind === 'text' && block.choice === choice
    this.#write({ type: 'annotation', choice, ...(isInBlock ? { index } : {}), annotation })
  }

  /** Its seals come first. Nothing happens when it is closed already. */
  close(index: number, native?: Native): void {
    const block = this.#open.get(index)
    if (block === undefined) return
    this.#open.delete(index)
    this.#writeEnd(block, native === undefined ? { type: 'block-end', index } : { type: 'block-end', index, native })
  }

  /** What is said of the usage. */
  usage(usage: Usage): void {
    this.#write({ type: 'usage', usage })
  }

  /** A frame that only its dialect understands. */
  native(name: string | undefined, native: Native): void {
    this.#write({ type: 'native', name, native })
  }

  /** The upstream is there, and says nothing. */
  ping(): void {
    this.#write({ type: 'ping' })
  }

  /** Held until the end, since a later word counts: providers have sent STOP, STOP, RECITATION. */
  finish(choice: number, finish: Finish): void {
    this.touch(choice)
    this.#finishes.set(choice, finish)
  }

  /** The answer is complete. A candidate without a finish has ended all the same, nobody said why. */
  end(end: Omit<MessageEnd, 'type'> = {}): void {
    if (this.#hasEnded) return
    this.#closeAll()
    const choices = [...this.#calling.keys()].sort((a, b) => a - b)
    for (const choice of choices) this.#write({ type: 'choice-end', choice, finish: this.#finishOf(choice) })
    this.#write({ type: 'message-end', ...end })
    this.#hasEnded = true
  }

  /** The answer has failed: what is open is closed as torn, and nothing is told as finished. */
  fail(failure: Failure, native?: Native): void {
    if (this.#hasEnded) return
    for (const [index, block] of this.#open) this.#writeEnd(block, { type: 'block-end', index, isTorn: true })
    this.#open.clear()
    this.#hasEnded = true
    this.#emit(native === undefined ? { type: 'error', failure } : { type: 'error', failure, native })
  }

  #finishOf(choice: number): Finish {
    const finish = this.#finishes.get(choice) ?? UNSAID
    // Some upstreams say that a turn which ends in tool calls has plainly stopped.
    const isCalling = this.#calling.get(choice) === true && (finish.reason === 'stop' || finish === UNSAID)
    return isCalling ? { ...finish, reason: 'tool-calls' } : finish
  }

  #writeEnd({ seals }: OpenBlock, end: BlockEnd): void {
    for (const seal of seals ?? []) this.#write({ type: 'seal', index: end.index, seal })
    this.#write(end)
  }

  #closeAll(): void {
    for (const index of [...this.#open.keys()]) this.close(index)
  }

  #write(event: StreamEvent): void {
    if (this.#hasEnded) return
    if (!this.#hasStarted) this.start({ id: undefined, model: undefined })
    this.#emit(event)
  }
}
