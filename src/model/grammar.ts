import type { BlockKind, BlockStart, StreamEvent } from './event.ts'
import type { Seal } from './seal.ts'

/** What the deltas of a block carry, by its kind. */
export const CONTENT = {
  text: 'text',
  refusal: 'text',
  reasoning: 'text',
  'tool-call': 'payload',
  'tool-result': 'payload',
  media: 'data',
  native: 'nothing',
} as const satisfies Record<BlockKind, string>

export type Content = (typeof CONTENT)[BlockKind]

interface OpenBlock {
  readonly kind: BlockKind
  readonly choice: number
  readonly seals: Set<Seal['kind']>
}

/**
 * Checks that a sequence of events keeps the grammar of the neutral stream. For tests, and for people
 * who write a decoder of their own.
 */
export class Grammar {
  readonly #open = new Map<number, OpenBlock>()
  /** Candidates that were named. */
  readonly #seen = new Set<number>()
  readonly #ended = new Set<number>()
  #nextIndex = 0
  /** A block was torn: all that may follow are other ends, and the error. */
  #isTorn = false
  #state: 'fresh' | 'started' | 'ended' = 'fresh'

  /**
   * Checks the next event.
   * @returns what is wrong with this event here; undefined when it is legal
   */
  push(event: StreamEvent): string | undefined {
    if (this.#state === 'ended') return `${event.type} after the end`
    if (this.#state === 'fresh') {
      if (event.type !== 'message-start' && event.type !== 'error') return `${event.type} before message-start`
      this.#state = event.type === 'error' ? 'ended' : 'started'
      return undefined
    }
    if (this.#isTorn && event.type !== 'seal' && event.type !== 'block-end' && event.type !== 'error')
      return `${event.type} after a torn block`
    if (event.type === 'block-end' && event.isTorn) this.#isTorn = true
    return this.#check(event)
  }

  /**
   * Checks that the sequence may end here.
   * @returns what is wrong with ending here; undefined when the sequence is whole
   */
  end(): string | undefined {
    return this.#state === 'ended' ? undefined : 'no message-end and no error'
  }

  #check(event: StreamEvent): string | undefined {
    switch (event.type) {
      case 'message-start':
        return 'a second message-start'
      case 'block-start':
        return this.#checkStart(event)
      case 'text-delta':
        if (event.text === '' && event.logprobs === undefined) return 'an empty text-delta'
        return this.#checkDelta(event.type, event.index, 'text')
      case 'payload-delta':
        if (event.text === '') return 'an empty payload-delta'
        return this.#checkDelta(event.type, event.index, 'payload')
      case 'data-delta':
        if (event.base64 === '') return 'an empty data-delta'
        return this.#checkDelta(event.type, event.index, 'data')
      case 'part-break':
        return this.#checkKind(event.type, event.index, 'reasoning')
      case 'seal':
        return this.#checkSeal(event.index, event.seal.kind)
      case 'annotation':
        return this.#checkAnnotation(event.choice, event.index)
      case 'block-end':
        return this.#open.delete(event.index) ? undefined : notOpen(event.type, event.index)
      case 'choice-end':
        return this.#checkChoiceEnd(event.choice)
      case 'message-end':
        this.#state = 'ended'
        return this.#checkAllClosed() ?? this.#checkAllEnded()
      case 'error':
        this.#state = 'ended'
        return this.#checkAllClosed()
      case 'usage':
      case 'ping':
      case 'native':
        return undefined
      default:
        return `an unknown type, "${(event satisfies never as StreamEvent).type}"`
    }
  }

  #checkStart({ index, kind, choice }: BlockStart): string | undefined {
    if (index !== this.#nextIndex) return `block ${index} in the place of ${this.#nextIndex}`
    if (this.#ended.has(choice)) return `block ${index} after the end of candidate ${choice}`
    this.#nextIndex++
    this.#seen.add(choice)
    this.#open.set(index, { kind, choice, seals: new Set() })
    return undefined
  }

  #checkDelta(type: string, index: number, content: Content): string | undefined {
    const block = this.#open.get(index)
    if (block === undefined) return notOpen(type, index)
    return CONTENT[block.kind] === content ? undefined : `${type} for a ${block.kind} block`
  }

  #checkKind(type: string, index: number, kind: BlockKind): string | undefined {
    const block = this.#open.get(index)
    if (block === undefined) return notOpen(type, index)
    return block.kind === kind ? undefined : `${type} for a ${block.kind} block`
  }

  #checkSeal(index: number, kind: Seal['kind']): string | undefined {
    const block = this.#open.get(index)
    if (block === undefined) return notOpen('seal', index)
    if (block.seals.has(kind)) return `a second ${kind} seal of block ${index}`
    block.seals.add(kind)
    return undefined
  }

  #checkAnnotation(choice: number, index: number | undefined): string | undefined {
    if (this.#ended.has(choice)) return `annotation after the end of candidate ${choice}`
    this.#seen.add(choice)
    if (index === undefined) return undefined
    const block = this.#open.get(index)
    if (block !== undefined && block.choice !== choice)
      return `annotation of candidate ${choice} for a block of candidate ${block.choice}`
    return this.#checkKind('annotation', index, 'text')
  }

  #checkChoiceEnd(choice: number): string | undefined {
    if (this.#ended.has(choice)) return `a second choice-end of candidate ${choice}`
    this.#seen.add(choice)
    this.#ended.add(choice)
    const open = [...this.#open].find(([, block]) => block.choice === choice)
    return open && `choice-end of candidate ${choice} while block ${open[0]} is open`
  }

  #checkAllClosed(): string | undefined {
    return this.#open.size === 0 ? undefined : `the end while block ${[...this.#open.keys()][0]} is open`
  }

  #checkAllEnded(): string | undefined {
    const missing = [...this.#seen].find(choice => !this.#ended.has(choice))
    return missing === undefined ? undefined : `message-end without a choice-end of candidate ${missing}`
  }
}

function notOpen(type: string, index: number): string {
  return `${type} for block ${index}, which is not open`
}

/**
 * Checks a whole sequence of events.
 * @returns the first thing that is wrong, with its place; undefined for a legal sequence
 */
export function checkGrammar(events: readonly StreamEvent[]): string | undefined {
  const grammar = new Grammar()
  for (const [at, event] of events.entries()) {
    const wrong = grammar.push(event)
    if (wrong !== undefined) return `event ${at}: ${wrong}`
  }
  return grammar.end()
}
