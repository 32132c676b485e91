import type { DeltaKeys } from '../delta-shape.ts'
import { TextShape } from '../text-shape.ts'
import { objectOf, type Unread, type Wire } from '../value.ts'
import type { GeminiCandidate, GeminiChunk, GeminiContent } from './wire.ts'

/** What may differ from one plain chunk to the next: the text, and counts of tokens. */
const KEYS: DeltaKeys = {
  opaque: new Set(['text']),
  counters: new Set([
    'promptTokenCount',
    'candidatesTokenCount',
    'thoughtsTokenCount',
    'toolUsePromptTokenCount',
    'cachedContentTokenCount',
    'totalTokenCount',
    'tokenCount',
  ]),
  isPadded: false,
}

/** What a plain chunk says: more text of one candidate, and counts. */
export interface PlainText {
  readonly choice: number
  readonly isThought: boolean
  readonly text: string
}

const CHUNK: ReadonlySet<string> = new Set(['candidates', 'usageMetadata', 'modelVersion', 'responseId', 'createTime'])
const CANDIDATE: ReadonlySet<string> = new Set(['content', 'index'])
const CONTENT: ReadonlySet<string> = new Set(['parts', 'role'])
const PART: ReadonlySet<string> = new Set(['text', 'thought'])

/**
 * Tells plain chunks by the last one, without parsing them: all is equal but the text and the counts.
 *
 * Nearly every chunk is of this kind. Parsing one takes 2.5 µs, comparing it 0.3.
 */
export class PlainChunks {
  readonly #shape = new TextShape(KEYS)
  #learned: Omit<PlainText, 'text'> = { choice: 0, isThought: false }

  /** Whose text it is that `read` gives. */
  get learned(): Omit<PlainText, 'text'> {
    return this.#learned
  }

  /** @returns the text, never empty; undefined for a chunk that is not like the learned one */
  read(data: string): string | undefined {
    return this.#shape.read(data)
  }

  /** @param chunk the same as it was parsed */
  learn(data: string, chunk: Wire): void {
    const plain = plainText(chunk)
    if (plain === undefined) return this.#shape.forget()
    this.#shape.learn(data, plain.text)
    this.#learned = plain
  }
}

/** The text of a chunk that says nothing else of note. */
function plainText(chunk: Unread<GeminiChunk>): PlainText | undefined {
  if (!hasOnly(chunk, CHUNK) || !Array.isArray(chunk.candidates) || chunk.candidates.length !== 1) return undefined
  const candidate: Unread<GeminiCandidate> = objectOf(chunk.candidates[0]) ?? {}
  const content: Unread<GeminiContent> = objectOf(candidate.content) ?? {}
  if (!hasOnly(candidate, CANDIDATE) || !hasOnly(content, CONTENT)) return undefined
  if (!Array.isArray(content.parts) || content.parts.length !== 1) return undefined
  const part = objectOf(content.parts[0]) ?? {}
  const { index = 0 } = candidate
  if (!hasOnly(part, PART) || typeof part.text !== 'string' || typeof index !== 'number') return undefined
  return { choice: index, isThought: part.thought === true, text: part.text }
}

function hasOnly(object: Wire, names: ReadonlySet<string>): boolean {
  for (const name in object) if (!names.has(name)) return false
  return true
}
