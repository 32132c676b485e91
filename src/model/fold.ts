import type { Failure } from '../errors.ts'
import type { Annotation, Logprob } from './annotation.ts'
import type { BlockStart, MessageStart, StreamEvent } from './event.ts'
import type { Finish } from './finish.ts'
import type { Candidate, Message } from './message.ts'
import type { Native } from './native.ts'
import type { Part } from './part.ts'
import type { Seal } from './seal.ts'
import { mergeUsage, type Usage } from './usage.ts'

interface GrowingPart {
  readonly start: BlockStart
  /** What the deltas brought: of reasoning one text for each part, of other kinds one. */
  readonly texts: string[]
  readonly logprobs: Logprob[]
  readonly annotations: Annotation[]
  readonly seals: Seal[]
  endNative: Native | undefined
}

interface GrowingCandidate {
  readonly index: number
  readonly parts: GrowingPart[]
  readonly annotations: Annotation[]
  finish: Finish | undefined
}

/**
 * Makes one whole answer of the events of a stream, which may keep the grammar or not.
 *
 * Holds everything of the answer; what grows is its text, and `textLength` tells how much that is, so
 * that whoever feeds it can set a limit. Pings and native events of the stream leave no trace.
 */
export class Fold {
  #start: MessageStart | undefined
  readonly #candidates = new Map<number, GrowingCandidate>()
  readonly #parts = new Map<number, GrowingPart>()
  #usage: Usage | undefined
  #endNative: Native | undefined
  #endTier: string | undefined
  #failure: Failure | undefined
  #textLength = 0

  /** Characters of text, payload and data that are held. */
  get textLength(): number {
    return this.#textLength
  }

  /** Adds one event. */
  push(event: StreamEvent): void {
    switch (event.type) {
      case 'message-start':
        this.#start = event
        break
      case 'block-start':
        this.#open(event)
        break
      case 'text-delta':
        this.#append(event.index, event.text)
        for (const logprob of event.logprobs ?? []) this.#part(event.index)?.logprobs.push(logprob)
        break
      case 'payload-delta':
        this.#append(event.index, event.text)
        break
      case 'data-delta':
        this.#append(event.index, event.base64)
        break
      case 'part-break':
        this.#part(event.index)?.texts.push('')
        break
      case 'seal':
        this.#part(event.index)?.seals.push(event.seal)
        break
      case 'annotation':
        this.#annotated(event.choice, event.index)?.annotations.push(event.annotation)
        break
      case 'block-end': {
        const part = this.#part(event.index)
        if (part !== undefined) part.endNative = event.native
        break
      }
      case 'usage':
        this.#usage = mergeUsage(this.#usage ?? {}, event.usage)
        break
      case 'choice-end':
        this.#candidate(event.choice).finish = event.finish
        break
      case 'message-end':
        this.#endNative = event.native
        this.#endTier = event.serviceTier
        break
      case 'error':
        this.#failure = event.failure
        this.#endNative = event.native
        break
      case 'ping':
      case 'native':
        break
      default:
        event satisfies never
    }
  }

  /** The answer so far. */
  get message(): Message {
    const { id, model, createdAt, native } = this.#start ?? { id: undefined, model: undefined }
    const serviceTier = this.#endTier ?? this.#start?.serviceTier
    return {
      id,
      model,
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(serviceTier === undefined ? {} : { serviceTier }),
      candidates: [...this.#candidates.values()].sort((a, b) => a.index - b.index).map(toCandidate),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      ...withNative(mergeNative(native, this.#endNative)),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    }
  }

  #open(start: BlockStart): void {
    const part: GrowingPart = { start, texts: [''], logprobs: [], annotations: [], seals: [], endNative: undefined }
    this.#parts.set(start.index, part)
    this.#candidate(start.choice).parts.push(part)
  }

  #append(index: number, text: string): void {
    const texts = this.#part(index)?.texts
    if (texts === undefined) return
    texts[texts.length - 1] += text
    this.#textLength += text.length
  }

  #part(index: number): GrowingPart | undefined {
    return this.#parts.get(index)
  }

  #annotated(choice: number, index: number | undefined): GrowingPart | GrowingCandidate | undefined {
    return index === undefined ? this.#candidate(choice) : this.#part(index)
  }

  #candidate(index: number): GrowingCandidate {
    let candidate = this.#candidates.get(index)
    if (candidate === undefined) {
      candidate = { index, parts: [], annotations: [], finish: undefined }
      this.#candidates.set(index, candidate)
    }
    return candidate
  }
}

/** One whole answer of the events of a stream. */
export function foldEvents(events: Iterable<StreamEvent>): Message {
  const fold = new Fold()
  for (const event of events) fold.push(event)
  return fold.message
}

function toCandidate({ index, parts, annotations, finish }: GrowingCandidate): Candidate {
  return {
    index,
    parts: parts.map(toPart),
    ...some({ annotations }),
    ...(finish === undefined ? {} : { finish }),
  }
}

function toPart({ start, texts, logprobs, annotations, seals, endNative }: GrowingPart): Part {
  const native = mergeNative(start.native, endNative)
  const attributes = {
    ...some({ seals }),
    ...(start.item === undefined ? {} : { item: start.item }),
    ...withNative(native),
  }
  const text = texts.join('')
  switch (start.kind) {
    case 'text':
      return { kind: 'text', text, ...some({ annotations, logprobs }), ...attributes }
    case 'refusal':
      return { kind: 'refusal', text, ...some({ logprobs }), ...attributes }
    case 'reasoning':
      return { kind: 'reasoning', form: start.form, texts: text === '' ? [] : texts, ...attributes }
    case 'tool-call': {
      const { callId, name, runBy, input } = start
      return { kind: 'tool-call', callId, name, runBy, input, payload: text, ...attributes }
    }
    case 'tool-result': {
      const { callId, failed } = start
      return { kind: 'tool-result', callId, failed, content: [], payload: text, ...attributes }
    }
    case 'media':
      return { kind: 'media', mediaType: start.mediaType, source: { type: 'base64', data: text }, ...attributes }
    case 'native':
      return { kind: 'native', ...attributes, native: native ?? start.native }
  }
}

/** The later members stand over the earlier ones. */
function mergeNative(earlier: Native | undefined, later: Native | undefined): Native | undefined {
  if (earlier === undefined || later === undefined) return later ?? earlier
  return { dialect: later.dialect, members: { ...earlier.members, ...later.members } }
}

function withNative(native: Native | undefined): { readonly native?: Native } {
  return native === undefined ? {} : { native }
}

/** The lists that hold something. */
function some<T extends Readonly<Record<string, readonly unknown[]>>>(lists: T): Partial<T> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Partial<T>
}
