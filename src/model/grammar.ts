import type { BlockKind, StreamEvent } from './event.ts'

const TEXT_KINDS: ReadonlySet<BlockKind> = new Set<BlockKind>(['text', 'refusal', 'reasoning'])
const PAYLOAD_KINDS: ReadonlySet<BlockKind> = new Set<BlockKind>(['tool-call', 'tool-result'])

/**
 * Checks that a sequence of events keeps the grammar of the neutral stream. For tests, and for people
 * who write a decoder of their own.
 */
export class Grammar {
  readonly #open = new Map<number, { kind: BlockKind; choice: number; seals: Set<string> }>()
  readonly #seen = new Set<number>()
  readonly #ended = new Set<number>()
  #nextIndex = 0
  #state: 'fresh' | 'started' | 'ended' = 'fresh'

  /** @returns what is wrong with this event here; undefined when it is legal */
  push(event: StreamEvent): string | undefined {
    if (this.#state === 'ended') return `${event.type} after the end`
    if (this.#state === 'fresh') {
      if (event.type !== 'message-start' && event.type !== 'error') return `${event.type} before message-start`
      this.#state = event.type === 'error' ? 'ended' : 'started'
      return undefined
    }
    return this.#check(event)
  }

  /** @returns what is wrong with ending here; undefined when the sequence is whole */
  end(): string | undefined {
    return this.#state === 'ended' ? undefined : 'no message-end and no error'
  }

  #check(event: StreamEvent): string | undefined {
    switch (event.type) {
      case 'message-start':
        return 'a second message-start'
      case 'block-start': {
        const { index, kind, choice } = event
        if (index !== this.#nextIndex) return `block ${index} in the place of ${this.#nextIndex}`
        if (this.#ended.has(choice)) return `block ${index} after the end of candidate ${choice}`
        this.#nextIndex++
        this.#seen.add(choice)
        this.#open.set(index, { kind, choice, seals: new Set() })
        return undefined
      }
      case 'text-delta':
        if (event.text === '' && event.logprobs === undefined) return 'an empty text-delta'
        return this.#checkBlock(event.type, event.index, TEXT_KINDS)
      case 'payload-delta':
        if (event.text === '') return 'an empty payload-delta'
        return this.#checkBlock(event.type, event.index, PAYLOAD_KINDS)
      case 'data-delta':
        if (event.base64 === '') return 'an empty data-delta'
        return this.#checkBlock(event.type, event.index, new Set<BlockKind>(['media']))
      case 'part-break':
        return this.#checkBlock(event.type, event.index, new Set<BlockKind>(['reasoning']))
      case 'seal': {
        const block = this.#open.get(event.index)
        if (block?.seals.has(event.seal.kind)) return `a second ${event.seal.kind} seal of block ${event.index}`
        block?.seals.add(event.seal.kind)
        return this.#checkBlock(event.type, event.index)
      }
      case 'annotation':
        this.#seen.add(event.choice)
        if (event.index !== undefined) return this.#checkBlock(event.type, event.index, new Set<BlockKind>(['text']))
        return this.#ended.has(event.choice) ? `annotation after the end of candidate ${event.choice}` : undefined
      case 'block-end':
        return this.#open.delete(event.index) ? undefined : `block-end of block ${event.index}, which is not open`
      case 'choice-end':
        return this.#checkChoiceEnd(event.choice)
      case 'message-end':
        this.#state = 'ended'
        return this.#checkAllClosed() ?? this.#checkAllEnded()
      case 'error':
        this.#state = 'ended'
        return this.#checkAllClosed()
      default:
        return undefined
    }
  }

  #checkBlock(type: string, index: number, kinds?: ReadonlySet<BlockKind>): string | undefined {
    const block = this.#open.get(index)
    if (block === undefined) return `${type} for block ${index}, which is not open`
    return kinds === undefined || kinds.has(block.kind) ? undefined : `${type} for a ${block.kind} block`
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

/** @returns the first thing that is wrong, with its place; undefined for a legal sequence */
export function checkGrammar(events: readonly StreamEvent[]): string | undefined {
  const grammar = new Grammar()
  for (const [at, event] of events.entries()) {
    const wrong = grammar.push(event)
    if (wrong !== undefined) return `event ${at}: ${wrong}`
  }
  return grammar.end()
}
