import {
  type Candidate,
  Fold,
  type Losses,
  type Message,
  type Part,
  type RefusalPart,
  type TextPart,
  unfoldMessage,
} from '../../model/index.ts'
import type { DecodeAnswerContext, EncodeAnswerContext } from '../codec.ts'
import { defined, type Wire } from '../value.ts'
import { AnswerReader } from './answer-reader.ts'
import { type AnswerSink, AnswerWriter, type EndedCandidate } from './answer-writer.ts'
import type { WrittenAnnotations } from './grounding-writer.ts'
import { spells } from './logprobs.ts'

/** Reads a whole answer, which is a stream of one chunk. */
export function decodeMessage(body: Wire, context: DecodeAnswerContext): Message {
  const fold = new Fold()
  const reader = new AnswerReader(context, event => fold.push(event))
  reader.read(body)
  reader.end()
  return fold.message
}

/** Writes a whole answer that did not fail. */
export function encodeMessage(message: Message, context: EncodeAnswerContext): Wire {
  const sink = new BodySink()
  const writer = new AnswerWriter(context, sink)
  unfoldMessage(withPlacedLogprobs(message, context.losses), event => writer.push(event))
  return sink.body
}

/** A candidate has one list of log probabilities: where the tokens do not spell the texts, only the first text's. */
function withPlacedLogprobs(message: Message, losses: Losses): Message {
  return { ...message, candidates: message.candidates.map(candidate => withPlaced(candidate, losses)) }
}

function withPlaced(candidate: Candidate, losses: Losses): Candidate {
  const logged = candidate.parts.filter(isLogged)
  const [first] = candidate.parts.filter(part => 'text' in part && part.text !== '')
  if (logged.every(part => part === first || spells(part.logprobs ?? [], part.text))) return candidate
  const parts = candidate.parts.map((part, at): Part => {
    if (!isLogged(part) || part === first) return part
    losses.add(`/candidates/${candidate.index}/parts/${at}/logprobs`, 'no-slot')
    return { ...part, logprobs: undefined }
  })
  return { ...candidate, parts }
}

function isLogged(part: Part): part is TextPart | RefusalPart {
  return 'logprobs' in part && part.logprobs !== undefined
}

/** Gathers the parts of a whole answer. */
class BodySink implements AnswerSink {
  body: Wire = {}
  #envelope: Wire = {}
  #serviceTier: string | undefined
  readonly #parts = new Map<number, Wire[]>()
  readonly #beside = new Map<number, Record<string, unknown>>()

  start(envelope: Wire, serviceTier: string | undefined): void {
    this.#envelope = envelope
    this.#serviceTier = serviceTier
  }

  text(choice: number, isThought: boolean, text: string): void {
    this.part(choice, isThought ? { text, thought: true } : { text })
  }

  part(choice: number, part: Wire, beside: Wire = {}): void {
    const parts = this.#partsOf(choice)
    const last = parts.at(-1)
    if (last !== undefined && isPlainText(last) && isPlainText(part) && last.thought === part.thought)
      parts[parts.length - 1] = { ...last, text: `${last.text}${part.text}` }
    else parts.push(part)
    this.#say(choice, beside)
  }

  annotate(choice: number, write: (part: number) => WrittenAnnotations): void {
    this.#say(choice, { ...write(this.#partsOf(choice).length - 1) })
  }

  end(ended: readonly EndedCandidate[], usage: Wire | undefined, members: Wire): void {
    const candidates = ended.map(({ choice, finishReason, members }) => {
      this.#say(choice, members)
      const content = { parts: this.#partsOf(choice), role: 'model' }
      return { content, finishReason, index: choice, ...this.#beside.get(choice) }
    })
    const usageMetadata = defined<Wire>({ serviceTier: this.#serviceTier, ...usage })
    this.body = {
      ...(candidates.length === 0 ? {} : { candidates }),
      ...members,
      ...(Object.keys(usageMetadata).length === 0 ? {} : { usageMetadata }),
      ...this.#envelope,
    }
  }

  #partsOf(choice: number): Wire[] {
    let parts = this.#parts.get(choice)
    if (parts === undefined) {
      parts = []
      this.#parts.set(choice, parts)
    }
    return parts
  }

  /** What is said of a candidate in pieces is one list in a whole body. */
  #say(choice: number, members: Wire): void {
    const said = this.#beside.get(choice) ?? {}
    for (const [name, value] of Object.entries(members)) said[name] = name in said ? merged(said[name], value) : value
    this.#beside.set(choice, said)
  }
}

function isPlainText(part: Wire): boolean {
  return Object.keys(part).every(name => name === 'text' || name === 'thought')
}

/** Lists are appended; where they name sources by number, the numbers go on. */
function merged(earlier: unknown, later: unknown): unknown {
  const [one, other] = [earlier as Wire, later as Wire]
  const offset = Array.isArray(one.groundingChunks) ? one.groundingChunks.length : 0
  const result: Record<string, unknown> = { ...one, ...other }
  for (const [name, value] of Object.entries(other)) {
    const known = one[name]
    if (!Array.isArray(value) || !Array.isArray(known)) continue
    result[name] = [
      ...known,
      ...(name === 'groundingSupports' ? value.map(support => shifted(support, offset)) : value),
    ]
  }
  return result
}

function shifted(support: Wire, offset: number): Wire {
  const indices = support.groundingChunkIndices as readonly number[]
  return { ...support, groundingChunkIndices: indices.map(index => index + offset) }
}
